import { Injectable } from '@nestjs/common';
import { overloaded } from './overload.js';
import { Refused } from './refused.js';

/** Of one address, as many as one connection of HTTP/2 has streams: only a client that keeps them back has more. */
const maxOfAddress = 100;
/** Each takes a connection and what is known of its request, some 20 KB. */
const maxArriving = 4000;
/** Of a gateway that may have 512 MB: what a body becomes on its way, text, values and message, takes three times as much. */
const maxBytes = 64 * 1024 * 1024;
const maxBytesOfAddress = maxBytes / 4;
/** Each piece is an object of its own: a body sent byte by byte would take a hundred times its length. */
const pieceBytes = 256;

class Share {
  arriving = 0;
  bytes = 0;
}

/** One body, from the moment in which it is wanted to the answer. */
export interface ArrivingBody {
  /** @throws ServiceError `overloaded` */
  readonly take: (bytes: number) => void;
  /** It is here, or no longer wanted. */
  readonly arrived: () => void;
  /** Nothing of it is needed any more. */
  readonly release: () => void;
}

/**
 * What clients that are slow with their bodies may take of the gateway: so many, of one address so many, and so much memory for all that is
 * here of bodies whose requests are not answered. Beyond that they are refused, and nobody else is.
 *
 * Invariant: `all` is the sum of `shares`; who has no body here has no share.
 */
@Injectable()
export class ArrivingBodies {
  private readonly all = new Share();
  private readonly shares = new Map<string, Share>();

  constructor(private readonly refused: Refused) {}

  /** @throws ServiceError `overloaded` */
  begin(address: string): ArrivingBody {
    const share = this.shares.get(address) ?? new Share();
    if (share.arriving >= maxOfAddress) throw this.refusal('bodies-of-address');
    if (this.all.arriving >= maxArriving) throw this.refusal('bodies');
    this.shares.set(address, share);
    const own = new Share();
    const add = (arriving: number, bytes: number): void => {
      for (const each of [own, share, this.all]) {
        each.arriving += arriving;
        each.bytes += bytes;
      }
      if (share.arriving === 0 && share.bytes === 0) this.shares.delete(address);
    };
    add(1, 0);
    return {
      take: (bytes) => {
        add(0, bytes + pieceBytes);
        if (share.bytes > maxBytesOfAddress) throw this.refusal('bodies-of-address');
        if (this.all.bytes > maxBytes) throw this.refusal('bodies');
      },
      arrived: () => add(-own.arriving, 0),
      release: () => add(-own.arriving, -own.bytes),
    };
  }

  private refusal(why: 'bodies' | 'bodies-of-address'): Error {
    this.refused.count(why);
    return overloaded();
  }
}
