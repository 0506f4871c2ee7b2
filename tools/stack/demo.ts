import { post, type Operator } from './operator.ts';

/** The people of the demo tenants. The same everywhere: it is for a stack on one's own machine, and in README's commands. */
export const demoSlugs = ['acme', 'globex'] as const;
export const demoPassword = 'tenantry-demo-password';

export function demoEmail(slug: string): string {
  return `admin@${slug}.example`;
}

/** Makes the demo tenants that are not there yet, the way an operator would, on one cluster after the other. */
export async function makeDemoTenants(operator: Operator, clusters: readonly string[]): Promise<void> {
  await Promise.all(
    demoSlugs.map((slug, index) => makeTenant(operator, slug, clusters[index % clusters.length] as string)),
  );
}

async function makeTenant(operator: Operator, slug: string, cluster: string): Promise<void> {
  const name = `${slug.charAt(0).toUpperCase()}${slug.slice(1)}`;
  const admin = { email: demoEmail(slug), password: demoPassword, firstName: 'Ada', lastName: name };
  const wish = { slug, name, cluster, admin };
  const { status, text } = await post(operator, '/v1/admin/tenants', wish, { prefer: 'wait=10' });
  if (status >= 300 && !isThere(status, text)) {
    throw new Error(`the demo tenant ${slug} could not be made (${status}): ${text.slice(0, 500)}`);
  }
}

function isThere(status: number, text: string): boolean {
  return status === 409 && text.includes('slug-taken');
}
