import { expect, test } from '@jest/globals';
import { errorsPage } from './errors-page.ts';
import { readText } from './workspace.ts';

/** Prettier pads the cells of a table. */
const unpadded = (page: string): string => page.replaceAll(/ +\| +| +\|$/gm, ' | ').replaceAll(/-{3,}/g, '---');

test('docs/errors.md holds exactly the catalogue', () => {
  expect(unpadded(readText('docs/errors.md'))).toBe(unpadded(errorsPage()));
});
