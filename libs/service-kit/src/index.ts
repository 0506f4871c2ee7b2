export { Answers } from './answers.js';
export { boot, CONFIG, createService, KitModule } from './boot.js';
export {
  CommonConfig,
  InvalidConfig,
  looksRandomText,
  masterKey,
  masterKeysOf,
  port,
  readConfig,
  wholeNumber,
} from './config.js';
export { ContextSigner, type Statement } from './context/signer.js';
export { ContextVerifier } from './context/verifier.js';
export {
  cursorKey,
  decodeCursor,
  encodeCursor,
  type CursorBinding,
  type CursorPosition,
  type CursorSecret,
} from './cursor.js';
export { derivedKey } from './derived-key.js';
export { entityTag, preconditionFailed, preconditionRequired, wantedVersions } from './entity-tag.js';
export { Health } from './health.js';
export { idempotencyKeyOf, KeyedWork, Replayed, type KeyedRequest } from './keyed-work.js';
export { contains, Listing, type ListTerms, type Page } from './listing.js';
export { LOG, NestLog, createLog, type Log } from './log.js';
export { MessageScope, MessageWitness, type ScopedMessage } from './message-scope.js';
export { Metrics } from './metrics.js';
export { MessageServer } from './nats/message-server.js';
export { Messages, type Envelope, type RawReply } from './nats/messages.js';
export { Nats } from './nats/nats.js';
export { Notices } from './nats/notices.js';
export { answerSurvey, askInstances } from './nats/surveys.js';
export { TenantFollower } from './nats/tenant-follower.js';
export { isOutage } from './outage.js';
export { leaveOnSignal, startProcess, type KitProcess } from './process.js';
export { networkOf } from './network-of.js';
export {
  anonymous,
  currentRequest,
  withRequest,
  type Caller,
  type Client,
  type RequestContext,
} from './request-context.js';
export {
  currentPrefix,
  dataKeyOf,
  dataKeyVersion,
  localWrapper,
  newDataKey,
  openSecret,
  rewrapped,
  sealSecret,
  SecretUnreadable,
  type KeyWrapper,
  type MasterKeys,
  type SecretOwner,
} from './secrets.js';
export { asServiceError, ServiceError } from './service-error.js';
export { isTraced, isTracing, openEdgeSpan, spanAround, traceIdOf, type EdgeSpan } from './telemetry.js';
export { isoTime } from './iso-time.js';
export { parseRequest } from './validation.js';
