import { z } from 'zod';

const named = z.strictObject({ name: z.string() });
const secretKey = z.strictObject({ name: z.string(), key: z.string() });
const quantities = z.strictObject({ cpu: z.string().optional(), memory: z.string() });
const statements = z.array(z.string());
const kind = <Name extends string, Spec extends z.ZodType>(apiVersion: string, name: Name, spec: Spec) =>
  z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(name),
    metadata: z.strictObject({
      name: z.string(),
      namespace: z.string().optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
    spec,
  });

const postgres = 'postgresql.cnpg.io/v1';
const barman = 'barmancloud.cnpg.io/v1';
const certificates = 'cert-manager.io/v1';
const archiver = z.literal('barman-cloud.cloudnative-pg.io');

const kinds = {
  Cluster: kind(
    postgres,
    'Cluster',
    z.strictObject({
      instances: z.int().min(1),
      imageName: z.string().regex(/:\d+\.\d+-standard-[a-z]+$/),
      primaryUpdateStrategy: z.literal('unsupervised'),
      enableSuperuserAccess: z.literal(false),
      bootstrap: z.strictObject({
        initdb: z.strictObject({
          ...{ database: z.string(), owner: z.string(), secret: named },
          ...{ postInitSQL: statements, postInitApplicationSQL: statements },
        }),
      }),
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
      plugins: z
        .array(
          z.strictObject({
            name: archiver,
            isWALArchiver: z.literal(true),
            parameters: z.strictObject({ barmanObjectName: z.string() }),
          }),
        )
        .optional(),
    }),
  ),
  ScheduledBackup: kind(
    postgres,
    'ScheduledBackup',
    z.strictObject({
      schedule: z.string().regex(/^(\S+ ){5}\S+$/, 'six fields: seconds come first'),
      backupOwnerReference: z.literal('self'),
      method: z.literal('plugin'),
      pluginConfiguration: z.strictObject({ name: archiver }),
      cluster: named,
    }),
  ),
  ObjectStore: kind(
    barman,
    'ObjectStore',
    z.strictObject({
      retentionPolicy: z.string().regex(/^\d+[dwm]$/),
      configuration: z.strictObject({
        destinationPath: z.string().startsWith('s3://'),
        s3Credentials: z.strictObject({ accessKeyId: secretKey, secretAccessKey: secretKey }),
        wal: z.strictObject({ compression: z.literal('gzip') }),
      }),
    }),
  ),
  Issuer: kind(
    certificates,
    'Issuer',
    z.union([
      z.strictObject({ selfSigned: z.strictObject({}) }),
      z.strictObject({ ca: z.strictObject({ secretName: z.string() }) }),
    ]),
  ),
  Certificate: kind(
    certificates,
    'Certificate',
    z.strictObject({
      isCA: z.boolean().optional(),
      commonName: z.string().max(64).optional(),
      dnsNames: z.array(z.string()).optional(),
      secretName: z.string(),
      duration: z.string().regex(/^\d+h$/),
      privateKey: z.strictObject({
        algorithm: z.literal('ECDSA'),
        size: z.literal(256),
        rotationPolicy: z.literal('Always').optional(),
      }),
      issuerRef: z.strictObject({ kind: z.literal('Issuer'), name: z.string() }),
    }),
  ),
};

/**
 * The part that we use of operators' APIs of which no package has the types: CloudNativePG (https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1),
 * its plugin for backups, cert-manager (https://cert-manager.io/docs/reference/api-docs).
 */
export const operatorKinds: ReadonlyMap<string, z.ZodType> = new Map(
  Object.values(kinds).map((schema) => [`${schema.shape.apiVersion.value} ${schema.shape.kind.value}`, schema]),
);
