import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectEnd, type Spec, startWorld, type World } from '../failures/world.js';
import { runCommand } from '../lab/command.js';
import { documents } from './documents.js';

const page = documents.get('docs/air-gap.md')!;
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
const bin = resolve(import.meta.dirname, '../../dist/cli/bin.js');
const executable = `podstrap-linux-${arch}`;
/** The executable that `npm run release` has made; without it a script that starts what is built stands in. */
const release = process.env['PODSTRAP_RELEASE'];
const upgraded = 'v1.37.2';

let world: World;
/** Where the network is, the stick, and the machine at the site. */
let desk: string;
let stick: string;
let site: string;

beforeAll(async () => {
  world = await startWorld(1, 1, {
    alsoServe: [{ kubernetesVersion: upgraded }, { etcd: { local: { imageTag: '3.6.11-0' } } }],
  });
  desk = world.directory;
  [stick, site] = [join(desk, 'stick'), join(desk, 'site')] as [string, string];
  for (const folder of [stick, site, join(desk, 'bin'), join(site, 'bin')]) await mkdir(folder);
  const standIn = `#!/bin/sh\nexec ${process.execPath} ${bin} "$@"\n`;
  const program = join(desk, 'bin', executable);
  if (release !== undefined) await copyFile(join(release, executable), program);
  else await writeFile(program, standIn);
  await chmod(program, 0o755);
  await symlink(executable, join(desk, 'bin', 'podstrap'));
  const sum = createHash('sha256').update(await readFile(program));
  await writeFile(join(desk, 'bin', 'SHA256SUMS'), `${sum.digest('hex')}  ${executable}\n`);
});
afterAll(() => world.close());

/** The fenced blocks of the section whose title begins so, of this kind. */
function blocks(title: string, kind: '' | 'yaml'): readonly string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(title));
  if (section === undefined) throw new Error(`docs/air-gap.md has no section ${title}`);
  return [...section.matchAll(/^```([a-z]*)\n([\s\S]*?)^```$/gm)].flatMap(([, of, text]) =>
    of === kind ? [text!] : [],
  );
}

/** The command lines of a section. cosign has a test of its own in the lab. */
const commands = (title: string): readonly string[] =>
  blocks(title, '')
    .flatMap((block) => block.split('\n'))
    .filter((line) => /^(podstrap|openssl|sync|base64|sha256sum) /.test(line));

/** Types a line as the page has it, but for what is asked for on a terminal and the place of the stick. */
async function type(line: string, directory: string): Promise<string> {
  const typed = line
    .replace('--arch amd64', `--arch ${arch}`)
    .replace(
      '--with-podstrap',
      release === undefined ? `--with-podstrap ${join(desk, 'bin')}` : '--with-podstrap',
    )
    .replace('podstrap-linux-amd64', executable)
    .replace('/usr/local/bin', join(site, 'bin'))
    .replace('/media/stick', stick)
    .replace('-aes256', '-aes256 -pass pass:sesame')
    .replace('pkey -in bundle.key', 'pkey -in bundle.key -passin pass:sesame')
    .replace('podstrap up', 'podstrap up --yes');
  const environment = {
    ...{ HOME: directory, NO_COLOR: '1', SSH_AUTH_SOCK: undefined, KUBECONFIG: undefined },
    PATH: `${join(directory, 'bin')}:${process.env['PATH']}`,
    // Where podstrap is an executable, no Node.js is to be started.
    ...(release === undefined ? {} : { NODE_OPTIONS: '--no-such-option' }),
    PODSTRAP_BUNDLE_PASSPHRASE: 'sesame',
  };
  const ended = await runCommand('sh', ['-ec', typed], { directory, environment });
  expectEnd(ended, 0);
  return `${ended.stdout}${ended.stderr}`;
}

async function typeAll(title: string, directory: string): Promise<readonly string[]> {
  const lines = commands(title);
  expect(lines.length, title).toBeGreaterThan(0);
  const said: string[] = [];
  for (const line of lines) said.push(await type(line, directory));
  return said;
}

const carry = async (from: string, to: string, ...names: string[]) => {
  for (const name of names) await copyFile(join(from, name), join(to, name));
};

test('the page “Across the air gap” can be followed, command by command', async () => {
  await typeAll('1. ', desk);
  await typeAll('2. ', desk);
  const [carried] = blocks('3. ', '');
  await carry(desk, stick, ...carried!.trim().split(/\s+/));
  await copyFile(join(desk, 'bundle.pub'), join(site, 'bundle.pub'));
  expect((await typeAll('3. ', desk)).join('')).toContain('Signed by the key of bundle.pub');

  await carry(stick, site, ...carried!.trim().split(/\s+/));
  const requests = world.upstream.requests.length;
  const inventory = load(await readFile(world.file, 'utf8')) as { spec: Spec };
  delete inventory.spec.artifacts;
  const [key] = blocks('4. ', 'yaml').map((text) => load(text) as { spec: Spec });
  Object.assign(inventory.spec, key!.spec);
  await writeFile(join(site, 'cluster.yaml'), dump(inventory));
  const checked = (await typeAll('4. ', site)).join('');
  for (const words of ['is whole', 'for practice from', 'Verified OK']) expect(checked).toContain(words);
  const used = await typeAll('5. ', site);
  expect(used.join('')).toContain('After this, `podstrap plan` is empty');

  expect(world.upstream.requests.length).toBe(requests);

  const [made, arrived, upgrades] = blocks('Later', '').map((block) => block.trim().split('\n'));
  for (const line of made!) await type(line, desk);
  await carry(desk, site, 'step.tar', 'next.tar.sig');
  const before = world.upstream.requests.length;
  const said: string[] = [];
  for (const line of arrived!) said.push(await type(line, site));
  expect(said.join('')).toContain('Signed by the key of bundle.pub');
  expect(said.join('')).toMatch(new RegExp(`^\\+ +kubelet ${upgraded}`, 'm'));
  inventory.spec.kubernetesVersion = upgraded;
  await writeFile(join(site, 'cluster.yaml'), dump(inventory));
  for (const line of upgrades!) await type(line, site);
  expect(await type('podstrap plan --detailed-exitcode --bundle next.tar', site)).toContain('Nothing to do');
  expect(world.upstream.requests.length).toBe(before);
});
