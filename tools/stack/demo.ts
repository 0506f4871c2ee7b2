/** The people of the demo tenants. The same everywhere: it is for a stack on one's own machine, and in README's commands. */
export const demoSlugs = ['acme', 'globex'] as const;
export const demoPassword = 'tenantry-demo-password';

export function demoEmail(slug: string): string {
  return `admin@${slug}.example`;
}

/** Makes the demo tenants that are not there yet, the way an operator would. */
export async function makeDemoTenants(url: string, operatorKey: string): Promise<void> {
  await Promise.all(demoSlugs.map((slug) => makeTenant(url, operatorKey, slug)));
}

async function makeTenant(url: string, operatorKey: string, slug: string): Promise<void> {
  const name = `${slug.charAt(0).toUpperCase()}${slug.slice(1)}`;
  const admin = { email: demoEmail(slug), password: demoPassword, firstName: 'Ada', lastName: name };
  const answer = await fetch(`${url}/v1/admin/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json', prefer: 'wait=10' },
    body: JSON.stringify({ slug, name, admin }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (!answer.ok && !isThere(answer.status, text)) {
    throw new Error(`the demo tenant ${slug} could not be made (${answer.status}): ${text.slice(0, 500)}`);
  }
}

function isThere(status: number, text: string): boolean {
  return status === 409 && text.includes('slug-taken');
}
