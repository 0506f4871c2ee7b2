/** What is used here of tools/stack, which no library may import. */
interface Ports {
  readonly freePort: (inARow: number) => Promise<number>;
}
const portsPath = new URL('../../../tools/stack/ports.ts', import.meta.url).pathname;

/** Instances of one service listen side by side; more than these nobody starts here. */
const room = 8;

/** A port with free ones behind it, for as many instances of a gateway as a test may start. */
export async function freePorts(): Promise<number> {
  const { freePort } = (await import(portsPath)) as Ports;
  return freePort(room);
}
