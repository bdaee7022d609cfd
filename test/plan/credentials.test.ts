import { expect, test } from 'vitest';
import { textDiff } from '../../src/plan/diff-file.js';
import { withoutCredentials } from '../../src/secret.js';

test.each([
  ['http://me:pa%24s%40@proxy:3128/x', 'http://[redacted]@proxy:3128/x'],
  ['https://token@proxy', 'https://[redacted]@proxy'],
  [
    'Environment="HTTP_PROXY=http://a:b@p" "HTTPS_PROXY=http://c:d@q"',
    'Environment="HTTP_PROXY=http://[redacted]@p" "HTTPS_PROXY=http://[redacted]@q"',
  ],
  ['http://proxy:3128/a@b', 'http://proxy:3128/a@b'],
  ['me@example.com, registry/x@sha256:1', 'me@example.com, registry/x@sha256:1'],
])('of %s people see %s', (text, seen) => {
  expect(withoutCredentials(text)).toBe(seen);
});

test('a diff shows a changed proxy without its password', () => {
  const diff = textDiff('/u', 'P=http://a:old-password@one\n', 'P=http://a:new-password@two\n');
  expect(diff).toContain('-P=http://[redacted]@one');
  expect(diff).toContain('+P=http://[redacted]@two');
  expect(diff).not.toContain('password');
});

test('a diff says so where only the password is another', () => {
  const diff = textDiff('/u', 'P=http://a:old@one\n', 'P=http://a:new@one\n');
  expect(diff).toContain('@@ the credentials in a URL differ @@');
  expect(diff).not.toMatch(/old|new/);
});
