import { expect, test } from 'vitest';
import { textDiff } from '../../src/plan/diff/diff-file.js';
import type { Step } from '../../src/plan/step.js';
import { withoutHidden } from '../../src/plan/without-hidden.js';
import { Secret, withoutCredentials } from '../../src/secret.js';

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
  expect(diff).toContain('@@ -1,1 +1,1 @@\n-P=http://[redacted]@one\n+P=http://[redacted]@one\n');
  expect(diff).not.toMatch(/old|new/);
});

test('a diff says where secrets differ, line for line, and not what they are', () => {
  const text = (password: string, level: string) =>
    `level = "${level}"\n\n[auth]\npassword = "${password}"\nusername = "ann"\n`;
  expect(textDiff('/c.toml', text('one-canary', 'info'), text('two-canary', 'warn'))).toBe(
    `===================================================================
--- on the host: /c.toml
+++ wanted: /c.toml
@@ -1,5 +1,5 @@
-level = "info"
+level = "warn"
 
 [auth]
-password = "one-canary"
+password = "two-canary"
 username = "ann"
`.replaceAll(/"(one|two)-canary"/g, '"[redacted]"'),
  );
});

test('a secret that came, went, or stands among more lines than before', () => {
  const list = (...names: readonly string[]) =>
    [
      'env:',
      ...names.flatMap((name) => [`- name: ${name}`, `  value: |-`, `    canary ${name}`, `    x`]),
    ].join('\n');
  for (const [before, after] of [
    [list('A'), list('A', 'B')],
    [list('A', 'B', 'C'), list('B')],
    ['', list('A')],
    [list('A'), ''],
  ]) {
    const diff = textDiff('/m.yaml', before!, after!);
    expect(diff).not.toContain('canary');
    expect(diff).toMatch(/^[-+].*\[redacted\]$/m);
  }
});

test('of a hidden text people see neither what it is now nor what stood in its place', () => {
  const step = (before: string, after: string) =>
    ({ host: 'h', diff: textDiff('/c.toml', before, after) }) as unknown as Step;
  const text = (word: string, level: string) =>
    `level = "${level}"\n[debug]\naddress = "/run/${word}.sock"\n`;
  const [seen] = withoutHidden(
    [step(text('canary of May', 'info'), text('canary of June', 'warn'))],
    [new Secret('canary of June')],
  );
  expect(seen!.diff).not.toContain('canary');
  expect(seen!.diff).toContain('-level = "info"\n+level = "warn"');
  expect(seen!.diff).toContain('-address = "/run/[redacted].sock"\n+address = "/run/[redacted].sock"');
});
