import { Controller, Get, Inject } from '@nestjs/common';
import { Health, ServiceError } from '@tenantry/service-kit';
import { z } from 'zod';
import { Open } from '../route.js';

const Probe = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Probe' });

/** For load balancers; neither asks a database. */
@Controller()
export class HealthController {
  constructor(@Inject(Health) private readonly health: Health) {}

  @Get('livez')
  @Open('Whether this gateway lives', Probe)
  async livez(): Promise<z.output<typeof Probe>> {
    return this.answer(await this.health.isAlive());
  }

  @Get('readyz')
  @Open('Whether this gateway should be sent requests', Probe)
  readyz(): z.output<typeof Probe> {
    return this.answer(this.health.isReady);
  }

  private answer(isGood: boolean): z.output<typeof Probe> {
    if (!isGood) throw new ServiceError('service-unavailable', 'The gateway cannot serve requests at the moment.');
    return { status: 'ok' };
  }
}
