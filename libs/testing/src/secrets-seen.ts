const isSecret = /password|token|secret|^key$/i;
/** Shorter texts are found by chance. */
const shortestLength = 8;

/** Every secret that went over some connections, either way: what no log may hold. */
export class SecretsSeen {
  readonly values = new Set<string>();

  /** Looks at a body as it was sent or came. */
  body(value: unknown, key = ''): void {
    if (Array.isArray(value)) for (const item of value) this.body(item, key);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) this.body(inner, name);
    else if (typeof value === 'string' && isSecret.test(key)) this.add(value);
  }

  /** Looks at a header `Authorization`. */
  authorization(header: string | undefined): void {
    const credentials = header?.replace(/^\w+ /, '');
    if (credentials) this.add(credentials);
  }

  private add(value: string): void {
    if (value.length >= shortestLength && value !== 'Bearer') this.values.add(value);
  }
}
