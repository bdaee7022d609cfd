import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand } from '../lab/command.js';

/** What `npm run release` has made. */
const release = join(import.meta.dirname, '../../release');
const directory = mkdtempSync(join(tmpdir(), 'podstrap-executable-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('all files of a release are what its sums say', () => {
  execFileSync('sha256sum', ['--check', '--quiet', '--strict', 'SHA256SUMS'], { cwd: release });
  const { components } = JSON.parse(readFileSync(join(release, 'podstrap.cdx.json'), 'utf8')) as {
    components: readonly { name: string; type: string }[];
  };
  expect(components.filter(({ type }) => type === 'platform').map(({ name }) => name)).toEqual(['node']);
});

test.each([
  ['amd64', 62],
  ['arm64', 183],
])('the executable for %s is one for that machine', (arch, machine) => {
  const file = join(release, `podstrap-linux-${arch}`);
  const head = readFileSync(file).subarray(0, 20);
  expect([head.subarray(1, 4).toString(), head.readUInt16LE(18)]).toEqual(['ELF', machine]);
  expect(statSync(file).mode & 0o777).toBe(0o755);
});

// It starts itself for each scene, and practice hosts besides.
test.each([
  [
    'the executable',
    `podstrap-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
    'demo',
    '--no-such-option',
  ],
  ['the one file', 'podstrap.mjs', 'demo --offline', ''],
])('%s plays the demo where there is nothing else of podstrap', async (_, file, words, nodeOptions) => {
  const own = join(directory, 'podstrap');
  copyFileSync(join(release, file), own);
  const environment = {
    NO_COLOR: '1',
    // What a site sets for its own Node.js is none of the executable's business.
    NODE_OPTIONS: nodeOptions,
    SSH_AUTH_SOCK: undefined,
    KUBECONFIG: undefined,
  };
  const { code, stdout, stderr } = await runCommand(own, words.split(' '), { environment, directory });
  expect(code, `${stdout}${stderr}`).toBe(0);
  expect(stdout).toContain('That was podstrap');
});
