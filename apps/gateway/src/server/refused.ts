import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '@tenantry/service-kit';

/** `in-hand` and `lag`: server/load.ts; `bodies`: server/arriving-bodies.ts; `unreadable` and `slow`: what Node itself gave up. */
export type WhyRefused = 'in-hand' | 'lag' | 'bodies' | 'bodies-of-address' | 'unreadable' | 'slow';

/** Counts the requests that are answered before the pipeline, which neither the log nor the durations have. */
@Injectable()
export class Refused {
  private readonly total;

  constructor(@Inject(Metrics) metrics: Metrics) {
    const help = 'Requests refused before anything was done for them.';
    this.total = metrics.counter('tenantry_refused_total', help, ['why']);
  }

  count(why: WhyRefused): void {
    this.total.inc({ why });
  }
}
