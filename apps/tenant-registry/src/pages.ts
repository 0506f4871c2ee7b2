import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Message } from '@tenantry/contracts';
import { CONFIG, cursorKey, type CursorSecret, decodeCursor, encodeCursor } from '@tenantry/service-kit';
import type { EntityManager } from 'typeorm';
import { ReadReplica } from './read-replica.js';

/** What a list was asked: how much, from where, and which. */
interface ListRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly [filter: string]: string | number | boolean | undefined;
}

interface Page<Item> {
  data: Item[];
  nextCursor: string | null;
}

/** Pages of the registry's lists, newest first: ids are version 7, so that their order is that of time. */
@Injectable()
export class Pages {
  private readonly key: KeyObject;

  constructor(
    @Inject(CONFIG) config: CursorSecret,
    private readonly replica: ReadReplica,
  ) {
    this.key = cursorKey(config, 'tenant-registry');
  }

  /**
   * @param find so many rows at most, newest first, those older than the id `before` only; `from` where a list may be read that lags.
   * @throws ServiceError `invalid-cursor`, also for one of the same list with other filters.
   */
  async read<Item extends { readonly id: string }>(
    { subject: list }: Message,
    { limit, cursor, ...filters }: ListRequest,
    find: (limit: number, before: string | undefined, from: EntityManager) => Promise<Item[]>,
  ): Promise<Page<Item>> {
    const binding = { tenantId: null, list, filters };
    const [before] = cursor === undefined ? [] : decodeCursor(this.key, binding, cursor);
    const rows = await this.replica.read((from) => find(limit + 1, before, from));
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return { data, nextCursor: rows.length > limit && last ? encodeCursor(this.key, binding, [last.id]) : null };
  }
}
