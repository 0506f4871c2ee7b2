/** Where the servers of this test run are. Jest's global setup starts them and says so in the environment. */
export interface TestServers {
  /** A superuser's URL. */
  readonly postgresUrl: string;
  readonly natsUrl: string;
  /** NATS user -> password. */
  readonly natsPasswords: Readonly<Record<string, string>>;
  readonly redisUrl: string;
}

const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run tests through jest, whose global setup starts the servers`);
  return value;
};

/** The servers of this run. Raises when they were not started. */
export const testServers = (): TestServers => ({
  postgresUrl: required('TEST_POSTGRES_URL'),
  natsUrl: required('TEST_NATS_URL'),
  natsPasswords: JSON.parse(required('TEST_NATS_PASSWORDS')) as Record<string, string>,
  redisUrl: required('TEST_REDIS_URL'),
});
