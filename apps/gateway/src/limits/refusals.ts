import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '@tenantry/service-kit';
import { SharedWindows } from './shared-windows.js';

/** Counts what the limits refuse, and tells whether they are shared with the other gateways at the moment. */
@Injectable()
export class Refusals {
  private readonly refused;

  constructor(@Inject(Metrics) metrics: Metrics, windows: SharedWindows) {
    this.refused = metrics.counter('tenantry_limited_total', 'Requests refused by a rate limit (429).', ['limit']);
    const shared = metrics.gauge(
      'tenantry_limits_shared',
      'Whether limits are counted with the other gateways, through Redis: 1, or 0 while each counts alone.',
    );
    metrics.onScrape(() => shared.set(Number(windows.isShared)));
  }

  count(limit: string): void {
    this.refused.inc({ limit });
  }
}
