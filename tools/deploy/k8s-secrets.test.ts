import { describe, expect, test } from '@jest/globals';
import { askedSecrets, broughtSecrets } from './k8s-secrets.ts';
import { overlays, rendered } from './manifests.ts';

describe.each(overlays)('the overlay %s', (overlay) => {
  const resources = rendered.get(overlay)!;
  const brought = broughtSecrets(resources);
  const asked = askedSecrets(resources);

  test('brings every secret that something asks for, with the key it asks for', () => {
    const missing = asked.filter(({ name, key }) => !brought.has(name) || (key && !brought.get(name)!.includes(key)));
    expect(missing).toEqual([]);
    expect(asked.length).toBeGreaterThan(20);
  });

  test('brings none that nobody asks for', () => {
    expect([...brought.keys()].filter((name) => !asked.some((one) => one.name === name))).toEqual([]);
  });
});
