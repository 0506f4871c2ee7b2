import { existsSync, readFileSync } from 'node:fs';

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Files that failed before their first test. */
  numRuntimeErrorTestSuites: number;
}

/** The line a test run ends with: `12 passed, 0 failed`, and `, 1 skipped` when any were. */
export function readCount(file: string): string {
  if (!existsSync(file)) return '0 passed, 1 failed';
  const report = JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  const skipped = report.numPendingTests + report.numTodoTests;
  // A file that cannot even be loaded holds no test to count, and must not look like success.
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
