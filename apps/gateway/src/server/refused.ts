import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '@tenantry/service-kit';

/** The first two: server/load.ts; bodies: server/arriving-bodies.ts; the last two: what Node itself gave up. */
const reasons = ['in-hand', 'lag', 'bodies', 'bodies-of-address', 'unreadable', 'slow'] as const;
export type WhyRefused = (typeof reasons)[number];

/** Counts who is refused for want of room, or could not be read: those that come to no pipeline neither the log nor the durations have. */
@Injectable()
export class Refused {
  private readonly total;

  constructor(@Inject(Metrics) metrics: Metrics) {
    const help = 'Requests refused for want of room, or because they could not be read.';
    this.total = metrics.counter('tenantry_refused_total', help, ['why']);
    // A series that begins with its first refusal does not seem to grow by it.
    for (const why of reasons) this.total.inc({ why }, 0);
  }

  count(why: WhyRefused): void {
    this.total.inc({ why });
  }
}
