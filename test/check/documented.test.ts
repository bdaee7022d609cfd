import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkKinds } from '../../src/check/check-report.js';

test('docs/check.md has a row for every check, in their order, and no other', () => {
  const text = readFileSync(new URL('../../docs/check.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(checkKinds.map(({ name }) => name));
});
