/** What tests find in their environment. */
export interface TestEnvironment {
  /** Of a superuser. */
  TEST_POSTGRES_URL: string;
  /** Without credentials; several, with spaces between, of which each of jest's workers has its own. */
  TEST_NATS_URL: string;
  /** JSON: `{user: password}`. */
  TEST_NATS_PASSWORDS: string;
  TEST_REDIS_URL: string;
}

/** One or several servers that a test run started. */
export interface TestServer {
  /** Names the servers of this run only. */
  environment: Partial<TestEnvironment>;
  stop(): Promise<void>;
  /** For handlers that cannot wait. */
  killNow(): void;
}
