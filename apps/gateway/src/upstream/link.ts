import type { FastifyRequest } from 'fastify';

/** What may stand between the angle brackets of a link as it is (RFC 3986, 2). */
const plain = /^[\w\-.~!$&'()*+,;=:@/?%]+$/;

/** The page after this one, as a Link (RFC 8288, 3): the same question with another cursor. */
export function linkToNext({ url, query }: Pick<FastifyRequest, 'url' | 'query'>, cursor: string): string {
  const asked = query as Record<string, string>;
  if (asked['cursor'] === undefined && plain.test(url)) {
    return `<${url}${url.includes('?') ? '&' : '?'}cursor=${cursor}>; rel="next"`;
  }
  // Written anew: the cursor before may be spelled in many ways.
  const path = url.split('?', 1)[0];
  return `<${path}?${new URLSearchParams({ ...asked, cursor }).toString()}>; rel="next"`;
}
