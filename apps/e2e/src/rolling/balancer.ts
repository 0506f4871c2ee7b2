import { Client } from '@tenantry/testing';

const lookEveryMs = 250;

interface Door {
  readonly client: Client;
  isReady: boolean;
  isLookedAt: boolean;
}

/**
 * What a load balancer does: looks whether each gateway is ready, and sends what comes to those that are, in turn. It tries nothing
 * again, so that whatever goes wrong is seen.
 */
export class Balancer {
  private readonly doors: readonly Door[];
  private readonly timer: NodeJS.Timeout;
  private turn = 0;

  constructor(urls: readonly string[]) {
    this.doors = urls.map((url) => ({ client: Client.of(url), isReady: true, isLookedAt: false }));
    this.timer = setInterval(() => this.doors.forEach((door) => void look(door)), lookEveryMs);
  }

  /** The next gateway that is ready, with these headers. */
  next(headers: Readonly<Record<string, string>>): Client {
    const ready = this.doors.filter(({ isReady }) => isReady);
    const door = ready[this.turn++ % ready.length];
    if (!door) throw new Error('no gateway is ready');
    return door.client.with(headers);
  }

  /** Whether it sends work to every gateway: only then may the next one be taken away. */
  get sendsToAll(): boolean {
    return this.doors.every(({ isReady }) => isReady);
  }

  close(): void {
    clearInterval(this.timer);
    for (const { client } of this.doors) client.close();
  }
}

/** One look at a time: an answer that comes late says nothing about now. */
async function look(door: Door): Promise<void> {
  if (door.isLookedAt) return;
  door.isLookedAt = true;
  const status = await door.client.get('/readyz').then(
    (answer) => answer.status,
    () => 0,
  );
  door.isReady = status === 200;
  door.isLookedAt = false;
}
