import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { accessToken, Auth, type Revocation, revocationNotice, RevocationPage } from '@tenantry/contracts';
import { LOG, type Log, Messages, Notices } from '@tenantry/service-kit';

type UserRevocation = Extract<Revocation, { kind: 'user' }>;
type RoleRevocation = Extract<Revocation, { kind: 'role' }>;

/** `all` when it is not known whose have changed. */
type RolesListener = (roles: RoleRevocation | 'all') => void;

/** Whose access is asked about. */
interface Bearer {
  readonly userId: string;
  readonly session: string;
  /** Of the user's access, as the token has it. */
  readonly version: number;
}

/** What is not heard at once is known after this at the latest. */
const askEveryMs = 1000;
/** No token given before can be good any longer, however the clocks differ by less than a minute. */
const keptMs = (accessToken.lifetimeSeconds + 60) * 1000;

/**
 * What must be refused though it was signed: heard from auth as it happens, and asked for every second, in case it was not heard. Nothing of it
 * needs Redis.
 *
 * Invariant: once `loaded`, whatever auth had written a second before the last answer is in here.
 */
@Injectable()
export class Revocations implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Grows with everything new: who was looked at as of this number need not be looked at again. */
  changes = 0;
  /** Resolves when all that was revoked before the start is known. Until then nobody's token can be believed. */
  readonly loaded: Promise<void>;
  isLoaded = false;

  private readonly heard = new Map<string, { readonly revocation: Revocation; readonly forgetAt: number }>();
  private readonly sessions = new Set<string>();
  private readonly users = new Map<string, UserRevocation[]>();
  private rolesChanged: RolesListener = () => undefined;
  private position = 0;
  private answeredAt = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;
  private markLoaded!: () => void;

  constructor(
    @Inject(Messages) private readonly messages: Messages,
    @Inject(Notices) private readonly notices: Pick<Notices, 'hear'>,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.loaded = new Promise((resolve) => (this.markLoaded = resolve));
  }

  onApplicationBootstrap(): void {
    this.notices.hear(revocationNotice, ({ revocations }) => this.add(revocations));
    void this.follow();
  }

  onApplicationShutdown(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  /** Whether a token that says this must be refused. */
  includes({ userId, session, version }: Bearer): boolean {
    if (this.sessions.has(session)) return true;
    const ofUser = this.users.get(userId);
    return ofUser?.some((one) => version < one.version && session !== one.except) ?? false;
  }

  /** Calls the one `listener` with each tenant whose roles have changed. */
  onRoles(listener: RolesListener): void {
    this.rolesChanged = listener;
  }

  private async follow(): Promise<void> {
    const answeredAt = this.answeredAt;
    try {
      await this.ask();
      // So long without an answer, and changes may have come and been forgotten again. Who was revoked meanwhile has expired; roles may be others.
      if (this.answeredAt - answeredAt > keptMs / 2) this.forgetRoles();
      this.isLoaded = true;
      this.markLoaded();
    } catch (err) {
      this.log.warn({ err }, 'auth cannot be asked what it has revoked; what is known holds');
    }
    this.forget();
    if (!this.isOver) this.timer = setTimeout(() => void this.follow(), askEveryMs).unref();
  }

  private forgetRoles(): void {
    this.changes++;
    this.rolesChanged('all');
  }

  private async ask(): Promise<void> {
    const page = RevocationPage.parse(await this.messages.ask(Auth.revocations, { after: this.position }));
    this.add(page.revocations);
    this.answeredAt = performance.now();
    // Positions never go back, unless auth has forgotten all it had or its database is another one: then from the beginning.
    const isAnother = page.position < this.position;
    this.position = isAnother ? 0 : page.position;
    if (isAnother) await this.ask();
  }

  private add(revocations: readonly Revocation[]): void {
    for (const revocation of revocations) {
      const key = JSON.stringify(revocation);
      if (this.heard.has(key)) continue;
      this.heard.set(key, { revocation, forgetAt: performance.now() + keptMs });
      this.changes++;
      if (revocation.kind === 'session') this.sessions.add(revocation.sessionId);
      else if (revocation.kind === 'role') this.rolesChanged(revocation);
      else this.users.set(revocation.userId, [...(this.users.get(revocation.userId) ?? []), revocation]);
    }
  }

  /** What was heard first is forgotten first, so this looks no further than it must. */
  private forget(): void {
    const now = performance.now();
    for (const [key, { revocation, forgetAt }] of this.heard) {
      if (forgetAt > now) return;
      this.heard.delete(key);
      if (revocation.kind === 'session') this.sessions.delete(revocation.sessionId);
      else if (revocation.kind === 'user') this.forgetUser(revocation);
    }
  }

  private forgetUser(revocation: UserRevocation): void {
    const left = this.users.get(revocation.userId)?.filter((one) => one !== revocation) ?? [];
    if (left.length > 0) this.users.set(revocation.userId, left);
    else this.users.delete(revocation.userId);
  }
}
