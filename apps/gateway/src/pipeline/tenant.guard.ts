import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type ErrorCode, slugForm, type TenantEntry, type TenantState } from '@tenantry/contracts';
import { CONFIG, ServiceError } from '@tenantry/service-kit';
import type { GatewayRequest } from '../call.js';
import type { GatewayConfig } from '../config.js';
import { isPlatform, messageOf } from '../route.js';
import { RequestCounts } from '../callers/request-counts.js';
import { TenantEntries } from '../callers/tenants.js';

/** What a tenant that is not served is answered with. */
const refusals: Readonly<Record<Exclude<TenantState, 'active'>, ErrorCode>> = {
  provisioning: 'tenant-provisioning',
  suspended: 'tenant-suspended',
  maintenance: 'tenant-maintenance',
  archived: 'tenant-not-found',
  purged: 'tenant-not-found',
  failed: 'tenant-not-found',
};

/** Which tenant: the token's, once there is a token; before that the subdomain's or the header's, which must agree with each other. */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(
    private readonly tenants: TenantEntries,
    @Inject(RequestCounts) private readonly counts: Pick<RequestCounts, 'count'>,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const message = messageOf(context);
    if (!message || isPlatform(message)) return true;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const named = this.slugNamedBy(request);
    if (named !== undefined && slugForm.test(named)) request.call.named = named;
    const ownId = request.call.identity?.caller.tenantId;
    const tenant = ownId ? await this.tenants.get(`id:${ownId}`) : await this.tenantNamed(named);
    const refusal = tenant?.state === 'active' ? undefined : tenant ? refusals[tenant.state] : 'tenant-not-found';
    if (refusal === 'tenant-not-found' && message.hidesTenants) return true;
    if (!tenant) throw new ServiceError('tenant-not-found', 'There is no such tenant.');
    if (named !== undefined && named !== tenant.slug) throw mismatch();
    if (refusal) throw new ServiceError(refusal, `The tenant is ${tenant.state}.`);
    request.call.tenant = tenant;
    // Before that anybody could count for it.
    if (ownId) this.counts.count(ownId);
    return true;
  }

  /** Null where there is none of this name. What no tenant can be called is not asked about. */
  private async tenantNamed(slug: string | undefined): Promise<TenantEntry | null> {
    if (!slug)
      throw new ServiceError('tenant-not-found', 'Name the tenant in the X-Tenant header or by its subdomain.');
    return slugForm.test(slug) ? this.tenants.find(`slug:${slug}`) : null;
  }

  private slugNamedBy({ headers }: GatewayRequest): string | undefined {
    const byHeader = headers['x-tenant'];
    const bySubdomain = this.subdomainOf(headers.host ?? String(headers[':authority'] ?? ''));
    if (byHeader !== undefined && bySubdomain !== undefined && byHeader !== bySubdomain) throw mismatch();
    return typeof byHeader === 'string' ? byHeader : bySubdomain;
  }

  private subdomainOf(host: string): string | undefined {
    const base = this.config.BASE_DOMAIN;
    const name = host.toLowerCase().replace(/:\d+$/, '');
    return base && name.endsWith(`.${base}`) ? name.slice(0, -base.length - 1) : undefined;
  }
}

const mismatch = (): ServiceError => new ServiceError('tenant-mismatch', 'The request names more than one tenant.');
