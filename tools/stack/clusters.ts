import { post, type Operator } from './operator.ts';
import type { Secrets } from './secrets.ts';
import { provisionerUrl } from './services.ts';

/** What the registry calls the cluster it was started with. */
export const firstCluster = 'main';

/**
 * Makes further PostgreSQL servers known to the registry, the way an operator would; those it knows stay as they are. Answers their names there.
 * @param servers an administrator's URLs, by the server's name
 */
export async function registerClusters(
  operator: Operator,
  servers: Readonly<Record<string, string>>,
  secrets: Secrets,
): Promise<string[]> {
  return Promise.all(
    Object.entries(servers).map(async ([server, url]) => {
      const name = server.replace('postgres', 'cluster');
      const wish = { name, provisionerUrl: provisionerUrl(url, secrets) };
      const { status, text } = await post(operator, '/v1/admin/clusters', wish);
      // Only its name or its server can be in conflict: it is known.
      if (status >= 300 && status !== 409)
        throw new Error(`the cluster ${name} could not be registered (${status}): ${text.slice(0, 500)}`);
      return name;
    }),
  );
}
