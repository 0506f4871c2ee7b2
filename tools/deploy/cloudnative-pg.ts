import { z } from 'zod';

const named = z.strictObject({ name: z.string() });
const secretKey = z.strictObject({ name: z.string(), key: z.string() });
const quantities = z.strictObject({ cpu: z.string().optional(), memory: z.string() });
const kind = <Name extends string, Spec extends z.ZodType>(name: Name, spec: Spec) =>
  z.strictObject({
    apiVersion: z.literal('postgresql.cnpg.io/v1'),
    kind: z.literal(name),
    metadata: z.strictObject({ name: z.string(), namespace: z.string().optional() }),
    spec,
  });

/** The part of CloudNativePG's API (https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1) that we use: no package has its types. */
export const postgresKinds: Readonly<Record<string, z.ZodType>> = {
  Cluster: kind(
    'Cluster',
    z.strictObject({
      instances: z.int().min(2),
      imageName: z.string().regex(/:\d+\.\d+$/),
      primaryUpdateStrategy: z.literal('unsupervised'),
      enableSuperuserAccess: z.literal(false),
      bootstrap: z
        .strictObject({ initdb: z.strictObject({ database: z.string(), owner: z.string(), secret: named }) })
        .optional(),
      managed: z.strictObject({
        roles: z.array(
          z.strictObject({
            name: z.string(),
            ensure: z.literal('present'),
            login: z.boolean(),
            createdb: z.boolean().optional(),
            createrole: z.boolean().optional(),
            passwordSecret: named,
          }),
        ),
      }),
      postgresql: z.strictObject({ parameters: z.strictObject({ max_connections: z.string().regex(/^\d+$/) }) }),
      storage: z.strictObject({ size: z.string() }),
      resources: z.strictObject({ requests: quantities, limits: quantities }),
      affinity: z.strictObject({ topologyKey: z.string() }),
      backup: z.strictObject({
        retentionPolicy: z.string().regex(/^\d+[dwm]$/),
        barmanObjectStore: z.strictObject({
          destinationPath: z.string().startsWith('s3://'),
          s3Credentials: z.strictObject({ accessKeyId: secretKey, secretAccessKey: secretKey }),
        }),
      }),
    }),
  ),
  ScheduledBackup: kind(
    'ScheduledBackup',
    z.strictObject({
      schedule: z.string().regex(/^(\S+ ){5}\S+$/, 'six fields: seconds come first'),
      backupOwnerReference: z.literal('self'),
      cluster: named,
    }),
  ),
  Database: kind('Database', z.strictObject({ name: z.string(), owner: z.string(), cluster: named })),
};
