import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../lab/command.js';

const root = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'podstrap-one-file-'));
const made = (name: string) => {
  const out = join(directory, name);
  execFileSync(process.execPath, [join(root, 'scripts/release.mjs'), '--only-script', '--out', out]);
  return out;
};

let first: string;
beforeAll(() => {
  first = made('first');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the one file runs alone: no library, template or package.json beside it', async () => {
  const alone = join(directory, 'p');
  copyFileSync(join(first, 'podstrap.mjs'), alone);
  const environment = { NO_COLOR: '1', SSH_AUTH_SOCK: undefined, KUBECONFIG: undefined };
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect((await runCommand(alone, ['--version'], { environment })).stdout.trim()).toBe(version);
  expect((await runCommand(alone, ['init'], { environment, directory })).code).toBe(0);
  const words = ['render', '--out', 'rendered'];
  const { code, stdout, stderr } = await runCommand(alone, words, { environment, directory });
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^Wrote \d+ files below rendered/);
});

test('an inventory that it writes leads editors to a schema that it can write, too', () => {
  expect(readFileSync(join(directory, 'cluster.yaml'), 'utf8').split('\n').slice(0, 2)).toEqual([
    '# For an editor that knows every field: podstrap explain --schema >cluster.v1alpha1.json',
    '# yaml-language-server: $schema=cluster.v1alpha1.json',
  ]);
});

test('the same sources give the same bytes, and every library in them has its license and its line in the bill of materials', () => {
  const second = made('second');
  const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');
  expect(read(second, 'SHA256SUMS')).toBe(read(first, 'SHA256SUMS'));
  execFileSync('sha256sum', ['--check', '--quiet', '--strict', 'SHA256SUMS'], { cwd: first });
  const { components } = JSON.parse(read(first, 'podstrap.cdx.json')) as {
    components: readonly { name: string; group?: string; version: string }[];
  };
  const names = components.map(
    ({ name, group, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`,
  );
  for (const library of ['ssh2', 'js-yaml', 'handlebars', '@cyclonedx/cyclonedx-library'])
    expect(names.filter((name) => name.startsWith(`${library} `))).toHaveLength(1);
  const licenses = read(first, 'LICENSES.txt');
  for (const name of names) expect(licenses).toContain(`${name} (`);
});
