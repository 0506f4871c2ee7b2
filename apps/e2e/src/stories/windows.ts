import { setTimeout as sleep } from 'node:timers/promises';

export const minuteMs = 60_000;
/** In which failed logins are counted. */
export const loginWindowMs = 15 * minuteMs;

/**
 * Resolves in a window that lasts so long from now on at least. Windows of limits begin by the clock and slide from then on: one that ends while
 * a story counts lets more through.
 */
export async function untilWindowLasts(leastMs: number, windowMs = minuteMs): Promise<void> {
  const leftMs = windowMs - (Date.now() % windowMs);
  if (leftMs < leastMs) await sleep(leftMs + 100);
}
