/** One floor of the house: what it may stand on, and which packages it must never see. */
interface Floor {
  readonly standsOn: readonly string[];
  readonly neverImports: readonly string[];
}

/**
 * The law of the floors, read by eslint.config.js. CONTRIBUTING.md tells it to people; floors.test.ts compares the two.
 *
 * `testing` stands on no list but that of e2e and tools: any test file may import it, nothing else may.
 */
export const floors = {
  contracts: { standsOn: [], neverImports: ['@nestjs/*', 'typeorm', 'pg', '@nats-io/*'] },
  testing: { standsOn: ['contracts', 'schema'], neverImports: [] },
  schema: { standsOn: ['contracts'], neverImports: [] },
  kit: { standsOn: ['contracts'], neverImports: [] },
  data: { standsOn: ['kit', 'contracts'], neverImports: [] },
  app: { standsOn: ['data', 'schema', 'kit', 'contracts'], neverImports: [] },
  edge: { standsOn: ['kit', 'contracts'], neverImports: ['pg', 'typeorm', '@nestjs/typeorm'] },
  e2e: { standsOn: ['contracts', 'testing'], neverImports: [] },
  tool: { standsOn: ['contracts', 'schema', 'kit', 'data', 'testing', 'tool'], neverImports: [] },
} as const satisfies Record<string, Floor>;

/** Apps that keep a central database of their own beside the tenants'; only they may talk to `pg` without a lease. */
export const appsWithOwnDatabase = ['auth', 'tenant-registry'];

export const layerOf = (floor: string): string => `layer:${floor}`;
