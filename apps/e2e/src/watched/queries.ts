import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');
const read = (path: string): string => readFileSync(join(root, 'deploy/observability', path), 'utf8');

interface Dashboard {
  panels: { targets: { expr: string }[] }[];
}

/** Every query of the dashboard and of the alerts. */
export function queries(): string[] {
  const { panels } = JSON.parse(read('dashboards/tenantry.json')) as Dashboard;
  const ofPanels = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  // One line each, or folded over some: up to the next key of the rule.
  const ofAlerts = Array.from(read('rules.yml').matchAll(/expr:([\s\S]*?)\n\s+for:/g), ([, expression]) => expression!);
  return [...ofPanels, ...ofAlerts];
}

/** Names that stand where a metric can. `up` is Prometheus' own. */
export const metricsOf = (query: string): string[] =>
  Array.from(query.matchAll(/\b(?:tenantry|http|nodejs|process)_\w+/g), ([name]) => name).filter(
    (name) => !labels.has(name),
  );

const labels = new Set(['http_route', 'http_response_status_code', 'http_request_method']);
