import { Inject, Injectable } from '@nestjs/common';
import { contextLifetimeSeconds, type ServiceName } from '@tenantry/contracts';
import { anonymous, type Caller, ContextSigner } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';
import type { Call, Identity } from '../call.js';

interface Signed {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly renewAt: number;
}

/** Half of a statement's life is left for the message to arrive in. */
const reuseMs = (contextLifetimeSeconds * 1000) / 2;

/** Signed contexts, one per caller and service for as long as it is fresh: signing per request would cost more than the hop. */
@Injectable()
export class Contexts {
  private readonly ofIdentities = new WeakMap<Identity, Map<ServiceName, Signed>>();
  private readonly ofTenants = new LRUCache<string, Signed>({ max: 50_000 });

  constructor(@Inject(ContextSigner) private readonly signer: ContextSigner) {}

  /** What the service is told of the caller. Waits only when it must sign. */
  for(service: ServiceName, { identity, tenant }: Call): string | Promise<string> {
    const kept = identity
      ? this.ofIdentities.get(identity)?.get(service)
      : this.ofTenants.get(`${service} ${tenant?.id}`);
    return kept && kept.renewAt > Date.now() ? kept.token : this.sign(service, identity, tenant?.id ?? null);
  }

  private async sign(service: ServiceName, identity: Identity | undefined, tenantId: string | null): Promise<string> {
    const caller: Caller = identity?.caller ?? anonymous;
    const token = await this.signer.sign({
      audience: service,
      sub: caller.subject,
      tenant: tenantId,
      session: caller.session,
      permissions: caller.permissions,
      ...(identity ? { notAfter: identity.expiresAt } : {}),
    });
    const signed = { token, renewAt: Math.min(Date.now() + reuseMs, (identity?.expiresAt ?? Infinity) * 1000) };
    if (!identity) this.ofTenants.set(`${service} ${tenantId}`, signed);
    else {
      const ofIdentity = this.ofIdentities.get(identity) ?? new Map<ServiceName, Signed>();
      this.ofIdentities.set(identity, ofIdentity.set(service, signed));
    }
    return token;
  }
}
