import { describe, expect, it } from '@jest/globals';
import type { Cluster } from '@tenantry/contracts';
import { type Stack, until } from '@tenantry/testing';

const withTenants = ['auth', 'users', 'products'];

/** The values of a metric's series. */
const valuesOf = (page: string, metric: string): number[] =>
  Array.from(page.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'gm')), ([, value]) => Number(value));

/** A stack whose services were given a CONNECTION_BUDGET of 1000 each, which no server here has. */
export function tooLargeBudgets(stackOf: () => Stack): void {
  describe('budgets that are more together than a cluster has', () => {
    it('are warned of by the registry, which knows what the server holds and whose they are', async () => {
      const { body } = await stackOf().operator.get<{ data: Cluster[] }>('/v1/admin/clusters');
      const [{ host, port, maxConnections, reserve }] = body.data as [Cluster];
      const postgres = await stackOf().openDatabase('registry');
      const text = `SELECT current_setting('max_connections')::int AS most`;
      const { rows } = await postgres.query<{ most: number }>(text).finally(() => postgres.end());
      expect(maxConnections).toBe(rows[0]!.most);
      const said = (): { wanted: number }[] =>
        stackOf()
          .logOf('tenant-registry')
          .split('\n')
          .filter((line) => line.includes('more connections than this cluster has'))
          .map((line) => JSON.parse(line) as { wanted: number });
      // It looks twice a minute: its first look may have been before the others were there.
      await until('the warning stands in the log', 60_000, () => said().some(({ wanted }) => wanted === 3000));
      expect(said()).toContainEqual(
        expect.objectContaining({
          ...{ cluster: `${host}:${port}`, has: maxConnections - reserve, wanted: 3000 },
          of: Object.fromEntries(withTenants.map((service) => [service, 1000])),
        }),
      );
    }, 90_000);

    it('are what the alert compares: each share, of those too that have opened nothing, with the least cluster', async () => {
      const pages = await Promise.all(withTenants.map((service) => stackOf().metricsOf(service)));
      const shares = pages.flatMap((page) => valuesOf(page, 'tenantry_connection_budget'));
      expect(shares).toEqual([1000, 1000, 1000]);
      const registry = await stackOf().metricsOf('tenant-registry');
      const [has] = valuesOf(registry, 'tenantry_cluster_connections');
      expect(has).toBeGreaterThan(0);
      expect(has).toBeLessThan(3000);
    });
  });
}
