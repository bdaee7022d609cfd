import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readInventory } from '../../src/inventory/reading/read-inventory.js';
import { startWorld, type World } from '../failures/world.js';
import { type Ended, runCommand } from '../lab/command.js';
import { documents } from './documents.js';

const page = documents.get('README.md')!;
const bin = resolve(import.meta.dirname, '../../dist/cli/bin.js');
const blocks = [...page.matchAll(/^```([a-z]*)\n([\s\S]*?)^```$/gm)];
const yaml = blocks.flatMap(([, of, text]) => (of === 'yaml' ? [text!] : []));
const lines = blocks
  .flatMap(([, of, text]) => (of === '' ? text!.trim().split('\n') : []))
  .map((line) => line.replace(/ +#.*/, ''));

let world: World;
let desk: string;
beforeAll(async () => {
  world = await startWorld(1);
  desk = join(world.directory, 'desk');
  await mkdir(desk);
  const program = join(world.directory, 'podstrap');
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${bin} "$@"\n`);
  await chmod(program, 0o755);
});
afterAll(() => world.close());

const type = (line: string): Promise<Ended> =>
  runCommand('sh', ['-ec', line], {
    directory: desk,
    environment: {
      ...{ HOME: world.directory, NO_COLOR: '1', SSH_AUTH_SOCK: undefined, KUBECONFIG: undefined },
      PATH: `${world.directory}:${process.env['PATH']}`,
    },
  });

/** What another test types: the demo, the tests themselves. */
const elsewhere = ['npm ci && npm run demo', 'npm test'];

test('every line of the README does what it says, one after another', async () => {
  const typed: string[] = [];
  for (const line of lines.filter((one) => !elsewhere.includes(one))) {
    typed.push(line);
    if (line === 'kubectl get nodes') continue;
    // Nobody is here to be asked, and the practice cluster has a name of its own.
    const ended = await type(
      line
        .replace('podstrap up', 'podstrap up --yes')
        .replace(/^export KUBECONFIG=(.*)\/prod\//, 'cat $1/practice/'),
    );
    // Practice hosts run no pods, so the proof that the cluster does is not to be had there.
    expect(ended.code, `${line}\n${ended.stdout}${ended.stderr}`).toBe(line === 'podstrap check' ? 1 : 0);
    if (line === 'podstrap init') {
      expect(await readFile(join(desk, 'cluster.yaml'), 'utf8')).toContain('kind: Cluster');
      await copyFile(world.file, join(desk, 'cluster.yaml'));
    }
    if (line.startsWith('export')) expect(ended.stdout).toMatch(/server: "?https:\/\//);
  }
  expect(typed).toEqual(expect.arrayContaining(['podstrap init', 'podstrap plan', 'podstrap up']));
});

test('after `up`, `plan` is empty, and a plan that was written is applied as it was read', async () => {
  expect((await type('podstrap plan')).stdout).toContain('Nothing to do');
  const spans = [...page.matchAll(/`((?:plan|up) -[^`]+)`/g)].map(([, words]) => words!);
  expect(spans).toEqual(['plan --out plan.json', 'up --plan plan.json']);
  await world.edit((spec) => {
    spec.apiServer = { extraArgs: [{ name: 'event-ttl', value: '4h' }] };
  });
  await copyFile(world.file, join(desk, 'cluster.yaml'));
  for (const words of spans) {
    const ended = await type(`podstrap ${words}`);
    expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(0);
  }
});

test('the inventory of the README is sound', async () => {
  expect(yaml).toHaveLength(1);
  const file = join(desk, 'readme.yaml');
  await writeFile(file, yaml[0]!);
  const { inventory, warnings } = await readInventory(file, { environment: {} });
  expect(warnings).toEqual([]);
  expect(inventory.spec.hosts).toHaveLength((load(yaml[0]!) as { spec: { hosts: [] } }).spec.hosts.length);
});
