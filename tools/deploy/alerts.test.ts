import { describe, expect, test } from '@jest/globals';
import { readText, readYaml } from './files.ts';

interface Rule {
  alert: string;
  annotations: { runbook_url: string };
  labels: { severity: string };
}

const { groups } = readYaml<{ groups: { rules: Rule[] }[] }>('deploy/observability/rules.yml');
const rules = groups.flatMap((group) => group.rules);

describe('each alert', () => {
  test.each(rules)('$alert has a runbook in docs/operations.md', ({ alert, annotations, labels }) => {
    const [, page = ''] = readText('docs/operations.md').split(`\n### ${alert}\n`);
    const runbook = page.split(/\n##/)[0]!;
    expect(runbook).toMatch(/- Look: .+\n- Do: .+/);
    expect(annotations.runbook_url).toMatch(new RegExp(`docs/operations\\.md#${alert.toLowerCase()}$`));
    expect(['critical', 'warning']).toContain(labels.severity);
  });

  test('of the runbooks exists', () => {
    const [, incidents = ''] = readText('docs/operations.md').split('\n## Incidents\n');
    const named = Array.from(incidents.matchAll(/^### (\w+)$/gm), ([, alert]) => alert);
    expect(named).toEqual(rules.map(({ alert }) => alert));
  });
});
