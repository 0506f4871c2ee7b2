import { z } from 'zod';

/** What a tenant may use: of its plan, with what was agreed for it alone. */
export const TenantLimits = z
  .strictObject({
    requestsPerMinute: z.int().positive(),
    maxConnections: z.int().positive().meta({ description: 'To its database, of each service instance' }),
    maxDatabaseBytes: z.int().positive(),
    maxUsers: z.int().positive(),
  })
  .meta({ id: 'TenantLimits' });
export type TenantLimits = z.output<typeof TenantLimits>;

/** How its connections are pooled; within the limits, whatever stands here. */
export const PoolOptions = z
  .strictObject({ maxConnections: z.int().min(1).max(1000).optional() })
  .meta({ id: 'PoolOptions' });
export type PoolOptions = z.output<typeof PoolOptions>;

const patchable = <Shape extends z.ZodRawShape>({ shape }: z.ZodObject<Shape>) =>
  z
    .strictObject(
      Object.fromEntries(
        Object.entries(shape).map(([name, field]) => [name, (field as z.ZodType<number | undefined>).nullable()]),
      ),
    )
    .partial();

/** A merge patch (RFC 7396): null takes what was agreed away, so that the plan's own holds again. */
export const LimitsPatch = patchable(TenantLimits);
export const PoolOptionsPatch = patchable(PoolOptions);
