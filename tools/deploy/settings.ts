import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CommonConfig } from '@tenantry/service-kit';
import { serviceNames, type ServiceName } from '@tenantry/stack/services.ts';
import type { z } from 'zod';
import { root } from './files.ts';

/** The names of a service's settings. */
interface Settings {
  readonly known: readonly string[];
  /** Without which it does not start. */
  readonly required: readonly string[];
}

/** What a service, as it was built, reads from its environment. */
async function settingsOf(service: ServiceName): Promise<Settings> {
  const file = join(root, 'apps', service, 'dist/config.js');
  const schemas = Object.values((await import(pathToFileURL(file).href)) as Record<string, unknown>);
  const [own] = schemas.filter(
    (value): value is z.ZodObject => typeof value === 'object' && value !== null && 'shape' in value,
  );
  if (!own) throw new Error(`${file} has no schema`);
  const shape = { ...own.shape, ...CommonConfig.shape } as Record<string, z.ZodType>;
  const known = Object.keys(shape);
  return { known, required: known.filter((name) => !shape[name]!.safeParse(undefined).success) };
}

export const allSettings = async (): Promise<Record<ServiceName, Settings>> =>
  Object.fromEntries(
    await Promise.all(serviceNames.map(async (service) => [service, await settingsOf(service)] as const)),
  ) as Record<ServiceName, Settings>;

/** OpenTelemetry's own variables are read by its SDK. */
const isStandard = (name: string): boolean => name.startsWith('OTEL_');

/** What is wrong with the variables given to a service; nothing, when all is well. */
export function faultsOf(settings: Settings, given: readonly string[], { isCommand = false } = {}): string[] {
  // Any setting may stand in a file (readConfig).
  const names = given.map((name) => (settings.known.includes(name) ? name : name.replace(/_FILE$/, '')));
  const unknown = names.filter((name) => !settings.known.includes(name) && !isStandard(name));
  const missing = isCommand ? [] : settings.required.filter((name) => !names.includes(name));
  return [...unknown.map((name) => `${name} is unknown`), ...missing.map((name) => `${name} is missing`)];
}
