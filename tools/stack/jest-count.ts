import { existsSync, readFileSync } from 'node:fs';

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Files that failed before their first test. */
  numRuntimeErrorTestSuites: number;
}

/**
 * The line a test run ends with: `12 passed, 0 failed`, and `, 1 skipped` when any were. Static checks that did not
 * hold (`checked` is false) count as one that failed: whoever reads nothing but this line must not take the run for good.
 */
export function readCount(file: string, checked: boolean): string {
  const unchecked = checked ? 0 : 1;
  if (!existsSync(file)) return `0 passed, ${1 + unchecked} failed`;
  const report = JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  const skipped = report.numPendingTests + report.numTodoTests;
  // A file that cannot even be loaded holds no test to count, and must not look like success.
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + unchecked;
  return `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
