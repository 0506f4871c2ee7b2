/** Settings of the library; every name that ends in `Ms` is in milliseconds. The README has a table with the reasons. */
export interface ConnectionSettings {
  /** Connections of this process to one cluster. */
  readonly budget: number;
  /** Connections of this process to one tenant's database, where the directory gives the tenant no limit of its own. */
  readonly maxConnectionsPerTenant: number;
  /** Connects under way to one cluster. */
  readonly connectsAtOnce: number;
  readonly connectTimeoutMs: number;
  /** Tries of one connect, the first included, where trying again can help. */
  readonly connectTries: number;
  readonly retryDelayMs: number;
  /** Longest wait for a connection; a message's deadline, where earlier, wins. */
  readonly waitTimeoutMs: number;
  readonly queueLimit: number;
  readonly tenantQueueLimit: number;
  /** Time of connection use a waiting tenant gets per turn. */
  readonly visitQuantumMs: number;
  readonly idleCloseMs: number;
  readonly lifetimeMs: number;
  /** Half-life of the use counts that decide whose idle connection is taken over. */
  readonly halfLifeMs: number;
  readonly statementTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  /** A server that owes an answer for so long is taken for gone; longer than any statement may take. */
  readonly silenceMs: number;
  /** How long a directory entry is served without asking the registry again. */
  readonly directoryFreshMs: number;
  /** How long it is served when the registry cannot be asked. */
  readonly directoryStaleMs: number;
  readonly directoryMissingMs: number;
  readonly directorySize: number;
  /** Failures in a row that open a breaker, and how long it stays open at first and at most. */
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  readonly breakerOpenMaxMs: number;
  /** Longest wait for leases when the process shuts down. */
  readonly closeGraceMs: number;
}

/** Of each setting: default, least and greatest value. */
const ranges: Record<keyof ConnectionSettings, readonly [value: number, least: number, most: number]> = {
  budget: [100, 1, 10_000],
  maxConnectionsPerTenant: [10, 1, 1000],
  connectsAtOnce: [4, 1, 1000],
  connectTimeoutMs: [3000, 1, 60_000],
  connectTries: [3, 1, 10],
  retryDelayMs: [100, 1, 10_000],
  waitTimeoutMs: [5000, 1, 600_000],
  queueLimit: [2000, 1, 1_000_000],
  tenantQueueLimit: [500, 1, 1_000_000],
  visitQuantumMs: [20, 1, 10_000],
  idleCloseMs: [300_000, 10, 86_400_000],
  lifetimeMs: [3_600_000, 10, 86_400_000],
  halfLifeMs: [60_000, 100, 86_400_000],
  statementTimeoutMs: [5000, 1, 3_600_000],
  idleInTransactionTimeoutMs: [10_000, 1, 3_600_000],
  silenceMs: [60_000, 1, 86_400_000],
  directoryFreshMs: [60_000, 1, 86_400_000],
  directoryStaleMs: [600_000, 0, 86_400_000],
  directoryMissingMs: [2000, 1, 600_000],
  directorySize: [50_000, 1, 10_000_000],
  breakerFailures: [3, 1, 1000],
  breakerOpenMs: [1000, 1, 600_000],
  breakerOpenMaxMs: [5000, 1, 3_600_000],
  closeGraceMs: [12_000, 0, 600_000],
};

/**
 * The settings with their defaults filled in.
 * @throws RangeError naming the setting, its value and its range
 */
export function settingsOf(given: Partial<ConnectionSettings> = {}): ConnectionSettings {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(ranges, name)) throw new RangeError(`tenant connections: there is no setting "${name}"`);
  }
  const chosen = Object.entries(ranges).map(([name, [fallback, least, most]]) => {
    const value = given[name as keyof ConnectionSettings] ?? fallback;
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new RangeError(
        `tenant connections: ${name} is ${value}, but must be a whole number from ${least} to ${most}`,
      );
    }
    return [name, value] as const;
  });
  return Object.freeze(Object.fromEntries(chosen)) as unknown as ConnectionSettings;
}
