import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  type AnswerOf,
  type ParsedRequestOf,
  type ReplyOf,
  type TenantEntry,
  type TenantPlace,
  Tenants,
} from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { OperationRunner } from '../operations/operation-runner.js';
import { Pages } from '../pages.js';
import { Births } from '../provisioning/births.js';
import { toEntry, toPlace, toTenant } from './tenant.views.js';
import { TenantsRepository } from './tenants.repository.js';

/** The rules of tenants: who gets to know what of them, and how one begins. */
@Injectable()
export class TenantsService {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly births: Births,
    private readonly runner: OperationRunner,
    private readonly pages: Pages,
  ) {}

  /** @throws ServiceError `slug-taken`, `cluster-full`, `validation` */
  async create(request: ParsedRequestOf<typeof Tenants.create>): Promise<ReplyOf<typeof Tenants.create>> {
    const { waitSeconds, ...wish } = request;
    const id = await this.tenants.newId();
    const decided = await this.births.reserve(id, wish);
    const { ended } = await this.runner.start(decided);
    await Promise.race([ended, sleep(waitSeconds * 1000, undefined, { ref: false })]);
    return { operationId: decided.operationId, tenant: toTenant(await this.tenants.get(id)) };
  }

  /** @throws ServiceError `invalid-cursor` */
  async list(request: ParsedRequestOf<typeof Tenants.list>): Promise<ReplyOf<typeof Tenants.list>> {
    const { data, nextCursor } = await this.pages.read(Tenants.list, request, (limit, before, from) =>
      // Who looks a slug up is about to act on what it finds: that must not lag.
      this.tenants.list(limit, before, request, request.slug === undefined ? from : undefined),
    );
    return { data: data.map(toTenant), nextCursor };
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<AnswerOf<typeof Tenants.get>> {
    const row = await this.tenants.get(id);
    return { ...toTenant(row), version: row.generation };
  }

  /** @throws ServiceError `tenant-not-found` */
  async find(key: ParsedRequestOf<typeof Tenants.find>): Promise<TenantEntry> {
    const row = 'slug' in key ? await this.tenants.findBySlug(key.slug) : await this.tenants.findById(key.id);
    if (!row) throw new ServiceError('tenant-not-found', 'There is no such tenant.');
    return toEntry(row);
  }

  /** @throws ServiceError `tenant-not-found` */
  async locate(id: string): Promise<TenantPlace> {
    const row = await this.tenants.findById(id);
    const place = row && toPlace(row);
    if (!place) throw new ServiceError('tenant-not-found', 'There is no such tenant, or it has no database yet.');
    return place;
  }
}
