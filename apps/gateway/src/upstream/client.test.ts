import { describe, expect, it } from '@jest/globals';
import { clientOf } from './client.js';

const agentOf = (agent: string | undefined) => clientOf({ ip: '192.0.2.1', headers: { 'user-agent': agent } }).agent;

describe('the client of a request', () => {
  it('is its address and what it calls itself', () => {
    expect(clientOf({ ip: '2001:db8::1', headers: { 'user-agent': 'curl/8.1' } })).toEqual({
      address: '2001:db8::1',
      agent: 'curl/8.1',
    });
  });

  it('may call itself anything: it is kept printable and short', () => {
    expect(agentOf('caf\u00e9\u0000\u001b[31m')).toBe('caf???[31m');
    expect(agentOf('x'.repeat(5000))).toHaveLength(200);
  });

  it.each([undefined, '', '   '])('need not call itself anything: %p', (agent) => {
    expect(agentOf(agent)).toBeUndefined();
  });
});
