import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findBinary } from '@tenantry/stack/servers/find-server.ts';
import { stringify } from 'yaml';
import { alertCases } from './alert-cases.ts';
import { readYaml, root } from './files.ts';

const rulesFile = join(root, 'deploy/observability/rules.yml');
const { groups } = readYaml<{
  groups: { rules: { alert: string; labels: object; annotations: object }[] }[];
}>('deploy/observability/rules.yml');
const rules = new Map(groups.flatMap((group) => group.rules).map((rule) => [rule.alert, rule]));

// Prometheus' own checker, out of Debian's package.
let promtool: (...args: string[]) => string;
let folder: string;
beforeAll(async () => {
  const wanted = {
    name: 'promtool',
    title: 'promtool',
    minimum: [2, 40] as [number, number],
    packages: ['prometheus'],
  };
  const found = await findBinary(wanted, (text) => process.stderr.write(`${text}\n`));
  if (!('path' in found)) throw new Error(`put promtool 2.40 or newer on PATH: ${found.why}`);
  const env = { ...process.env, ...found.env };
  promtool = (...args) => execFileSync(found.path, args, { env, encoding: 'utf8', stdio: 'pipe' });
  folder = mkdtempSync(join(tmpdir(), 'tenantry-alerts-'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What promtool holds against the rules: these series, and after half an hour these alerts. */
function expectAlerts(alert: string, series: Record<string, string>, expected: object[]): void {
  const file = join(folder, 'case.yml');
  const test = {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [
      { eval_time: '0m', alertname: alert, exp_alerts: [] },
      { eval_time: '30m', alertname: alert, exp_alerts: expected },
    ],
  };
  writeFileSync(file, stringify({ rule_files: [rulesFile], evaluation_interval: '30s', tests: [test] }));
  expect(promtool('test', 'rules', file)).toContain('SUCCESS');
}

describe('Prometheus', () => {
  it('reads the rules and the configuration', () => {
    expect(promtool('check', 'rules', rulesFile)).toContain(`${rules.size} rules found`);
    promtool('check', 'config', '--syntax-only', join(root, 'deploy/observability/prometheus.yml'));
  });

  it('has a case for each alert, and for no other', () => {
    expect(Object.keys(alertCases).toSorted()).toEqual([...rules.keys()].toSorted());
  });

  it.each(Object.entries(alertCases))('%s: wakes somebody when it should, and nobody else', (alert, one) => {
    const { labels, annotations } = rules.get(alert)!;
    expectAlerts(alert, one.healthy, []);
    expectAlerts(alert, one.sick, [{ exp_labels: { ...labels, ...one.labels }, exp_annotations: annotations }]);
  });
});
