interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

/** Asks once and reads the JSON of a success; raises what else came. */
export async function ask<Answer>(url: string, { method = 'GET', token, headers, body }: Asked): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}
