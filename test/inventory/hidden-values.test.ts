// biome-ignore-all lint/suspicious/noTemplateCurlyInString: podstrap's own, for variables of the environment
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { journalFile } from '../../src/cli/files/journal-file.js';
import { hide, visible } from '../../src/cli/terminal.js';
import { parseInventory } from '../../src/inventory/reading/parse-inventory.js';
import type { Step } from '../../src/plan/step.js';
import { withoutHidden } from '../../src/plan/without-hidden.js';
import { Secret } from '../../src/secret.js';

const hiddenIn = (spec: string, environment: Readonly<Record<string, string>>): readonly string[] =>
  parseInventory(
    `apiVersion: podstrap.io/v1alpha1
kind: Cluster
metadata: { name: plant }
environment: [${Object.keys(environment).join(', ')}]
spec:
  kubernetesVersion: v1.36.3
  hosts: [{ name: cp-1, address: 192.0.2.11, roles: [control-plane] }]
${spec}`,
    { file: 'cluster.yaml', directory: '/', environment },
  ).inventory.hidden.map((secret) => secret.reveal());

describe('values of the environment are hidden', () => {
  test.each([
    ['in a free setting', '  containerd: { config: { a: { b: "x ${A} y" } } }', 'hunter-two'],
    ['in a unit', '  kubelet: { unit: { Service: { Environment: "NOTE=${A}" } } }', 'hunter-two'],
    ['in the value of a flag', '  apiServer: { extraArgs: [{ name: v, value: "${A}" }] }', 'hunter-two'],
    [
      'in the value of a variable',
      '  scheduler: { extraEnvs: [{ name: HOOK, value: "${A}" }] }',
      'https://h.example/x',
    ],
    ['in the user of a URL', '  proxy: { httpProxy: "http://ann:${A}@192.0.2.1:1" }', 'hunter-two'],
    [
      'in a password',
      '  artifacts: { registries: { r.example: { username: a, password: "${A}" } } }',
      'hunter-two',
    ],
  ])('%s', (_, spec, value) => {
    expect(hiddenIn(spec, { A: value })).toEqual([value]);
  });

  test('by the name of their variable', () => {
    expect(hiddenIn('  imageRepository: r.example/${API_TOKEN}', { API_TOKEN: 'hunter-two' })).toEqual([
      'hunter-two',
    ]);
  });

  test('line for line, where they have several', () => {
    const value = 'first line\nx\nsecond line';
    expect(hiddenIn('  containerd: { config: { a: "${A}" } }', { A: value })).toEqual([
      value,
      'first line',
      'second line',
    ]);
  });

  test.each([
    ['what names something', '  imageRepository: "${A}"', 'r.example'],
    [
      'what names something elsewhere as well',
      '  imageRepository: "${A}"\n  containerd: { config: { a: "${A}" } }',
      'r.example',
    ],
    ['a number', '  containerd: { config: { a: "${A}" } }', '12000'],
    [
      'what is so short that it stands in other texts by chance',
      '  containerd: { config: { a: "${A}" } }',
      'info',
    ],
    ['what nothing uses', '', 'hunter-two'],
  ])('but for %s', (_, spec, value) => {
    expect(hiddenIn(spec, { A: value })).toEqual([]);
  });
});

test('what is hidden is masked on the terminal, in journals and in diffs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'podstrap-hidden-'));
  const secret = 'say "hunter"';
  hide([new Secret(secret)]);
  try {
    expect(visible(`x ${secret} y ${JSON.stringify({ a: secret })}`)).toBe(
      'x [redacted] y {"a":"[redacted]"}',
    );
    const file = join(folder, 'runs', 'run.jsonl');
    const journal = journalFile(file, () => new Date(0));
    journal.emit({ event: 'warning', message: `it said ${secret}` });
    await journal.close();
    expect(readFileSync(file, 'utf8')).toContain('it said [redacted]');
    const steps = [{ diff: `-a: ${secret}\n+a: ${secret}2` }, {}] as unknown as readonly Step[];
    expect(withoutHidden(steps, [new Secret(secret)])).toEqual([
      { diff: '-a: [redacted]\n+a: [redacted]2' },
      {},
    ]);
  } finally {
    hide([]);
    rmSync(folder, { recursive: true });
  }
});
