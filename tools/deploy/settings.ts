import { existsSync, readFileSync } from 'node:fs';
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
  /** Without which its migration does not, where it has one. */
  readonly ofMigration: readonly string[];
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
  const required = known.filter((name) => !shape[name]!.safeParse(undefined).success);
  const migration = join(root, 'apps', service, 'src/migrate.ts');
  const picked = existsSync(migration) ? readFileSync(migration, 'utf8').match(/(?<=\.pick\(\{.*)\w+(?=: true)/g) : [];
  return { known, required, ofMigration: picked ?? [] };
}

export const allSettings = async (): Promise<Record<ServiceName, Settings>> =>
  Object.fromEntries(
    await Promise.all(serviceNames.map(async (service) => [service, await settingsOf(service)] as const)),
  ) as Record<ServiceName, Settings>;

/**
 * Those of OpenTelemetry's that its SDK or libs/service-kit/src/telemetry.ts reads: a slip in one of them would pass for one nobody knows.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
 */
const ofOtlp = ['ENDPOINT', 'HEADERS', 'TIMEOUT', 'COMPRESSION', 'PROTOCOL', 'CERTIFICATE'];
const standard = new Set([
  ...['OTEL_SDK_DISABLED', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_NODE_RESOURCE_DETECTORS', 'OTEL_TRACES_EXPORTER'],
  ...['OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG', 'OTEL_BSP_SCHEDULE_DELAY', 'OTEL_BSP_MAX_QUEUE_SIZE'],
  ...ofOtlp.flatMap((name) => [`OTEL_EXPORTER_OTLP_${name}`, `OTEL_EXPORTER_OTLP_TRACES_${name}`]),
]);

/** What is wrong with the variables given to a service; nothing, when all is well. */
export function faultsOf(settings: Settings, given: readonly string[], { isCommand = false } = {}): string[] {
  // Any setting may stand in a file (readConfig).
  const names = given.map((name) => (settings.known.includes(name) ? name : name.replace(/_FILE$/, '')));
  const unknown = names.filter((name) => !settings.known.includes(name) && !standard.has(name));
  const missing = (isCommand ? settings.ofMigration : settings.required).filter((name) => !names.includes(name));
  return [...unknown.map((name) => `${name} is unknown`), ...missing.map((name) => `${name} is missing`)];
}
