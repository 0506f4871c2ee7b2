export interface LockHolder {
  pid: number;
  identity: string;
  note: string;
}

export function processIdentity(pid: number): string | undefined;
export function lockHolder(path: string): LockHolder | undefined;
export function tryLock(path: string, note?: string): boolean;
export function withLock<T>(
  path: string,
  work: () => Promise<T> | T,
  waiting?: (holder: LockHolder | undefined) => void,
): Promise<T>;
