import { randomUUID } from 'node:crypto';
import type { Log } from '@tenantry/service-kit';
import { Redis } from 'ioredis';
import type { Window } from './window.js';

/** Each gateway writes what it has let through into a field of its own; the sum is what all have. */
const exchange = `
local function sum(key)
  local total = 0
  for _, count in ipairs(redis.call('HVALS', key)) do total = total + count end
  return total
end
local answers = {}
for index = 1, #KEYS, 2 do
  local own, expiresAt = ARGV[index + 1], ARGV[index + 2]
  redis.call('HSET', KEYS[index], ARGV[1], own)
  redis.call('PEXPIREAT', KEYS[index], expiresAt)
  answers[index] = sum(KEYS[index]) - own
  answers[index + 1] = sum(KEYS[index + 1])
end
return answers
`;

type Exchange = (keys: number, ...rest: (string | number)[]) => Promise<number[]>;

/** What does not come by then does not come. */
const commandTimeoutMs = 1000;
/** After somebody waited in vain nobody waits for Redis for so long. */
const distrustMs = 1000;
const windowsAtOnce = 500;

/** The gateways' common account of their windows, in Redis. */
export class WindowLedger {
  private readonly redis: Redis;
  /** Names our field; another start is another gateway. */
  private readonly gateway = randomUUID();
  private silentAt = -Infinity;

  constructor(
    url: string,
    private readonly log: Log,
  ) {
    this.redis = new Redis(url, {
      // A command is sent now or not at all: limits must never wait for a Redis that is not there.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: commandTimeoutMs,
      connectTimeout: 1000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
    });
    this.redis.on('error', (err: Error) => log.debug({ err }, 'Redis is away; limits are local'));
    this.redis.defineCommand('exchangeWindows', { lua: exchange });
  }

  /** Whether an answer may be expected in time. */
  get answers(): boolean {
    return this.redis.status === 'ready' && performance.now() - this.silentAt > distrustMs;
  }

  /** Says that an answer did not come in time. */
  distrust(): void {
    this.silentAt = performance.now();
  }

  /** Tells what was let through and learns what the others have; the names of those that could not be told come back. */
  async exchange(windows: ReadonlyMap<string, Window>): Promise<string[]> {
    if (this.redis.status !== 'ready') return [...windows.keys()];
    const all = [...windows];
    const parts = Array.from({ length: Math.ceil(all.length / windowsAtOnce) }, (_, part) =>
      all.slice(part * windowsAtOnce, (part + 1) * windowsAtOnce),
    );
    return (await Promise.all(parts.map((part) => this.exchangeAtOnce(part)))).flat();
  }

  close(): void {
    this.redis.disconnect();
  }

  private async exchangeAtOnce(windows: readonly [name: string, window: Window][]): Promise<string[]> {
    const counts = windows.map(([, { own }]) => own);
    const keys = windows.flatMap(([name, { endsAt, spanMs }]) => [keyOf(name, endsAt), keyOf(name, endsAt - spanMs)]);
    const values = windows.flatMap(([, { endsAt, spanMs }], index) => [counts[index] ?? 0, endsAt + spanMs + 1000]);
    try {
      const { exchangeWindows } = this.redis as unknown as { exchangeWindows: Exchange };
      const answers = await exchangeWindows.call(this.redis, keys.length, ...keys, this.gateway, ...values);
      windows.forEach(([, window], index) => {
        window.told = counts[index] ?? 0;
        window.others = answers[index * 2] ?? 0;
        window.before = Math.max(window.before, answers[index * 2 + 1] ?? 0);
      });
      return [];
    } catch (err) {
      this.distrust();
      this.log.debug({ err }, 'Redis did not answer; limits are local');
      return windows.map(([name]) => name);
    }
  }
}

const keyOf = (name: string, endsAt: number): string => `limit:${name}:${endsAt}`;
