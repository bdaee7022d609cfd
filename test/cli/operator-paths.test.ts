import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { signBundle } from '../../src/bundle/file/sign-bundle.js';
import { requirePlace, writeBundle } from '../../src/bundle/file/write-bundle.js';
import { initCommand } from '../../src/cli/commands/init.js';
import { mergeKubeconfig } from '../../src/cli/files/merge-kubeconfig.js';
import { writePlanFile } from '../../src/cli/files/plan-file.js';
import { snapshotFile } from '../../src/cli/files/snapshot-files.js';
import { Failure } from '../../src/failure.js';
import { placeOf, writeOperatorFile } from '../../src/operator/operator-file.js';
import { Secret } from '../../src/secret.js';
import { render } from '../../src/stories/render.js';

const base = mkdtempSync(join(tmpdir(), 'podstrap-paths-'));
afterAll(() => rmSync(base, { recursive: true }));
const folder = (): string => mkdtempSync(join(base, 'case-'));

const kubeconfig = new Secret(`apiVersion: v1
kind: Config
clusters: [{ name: prod, cluster: { server: https://prod } }]
users: [{ name: prod-admin, user: { token: x } }]
contexts: [{ name: prod, context: { cluster: prod, user: prod-admin } }]
current-context: prod
`);
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signed = join(base, 'bundle.tar');
writeFileSync(signed, 'x');

async function* bytes(): AsyncIterable<Uint8Array> {
  yield Buffer.from('snapshot');
}

/** Every command that writes a file which the operator names. What it finds there first must be its own to replace. */
const writers: Readonly<
  Record<string, { write(file: string): Promise<unknown>; before?: string; onlyNew?: true }>
> = {
  'plan --out': { write: (file) => writePlanFile(file, { steps: [] } as never) },
  'etcd snapshot --out': { write: (file) => snapshotFile(file).save('', bytes()) },
  'kubeconfig --merge': { write: (file) => mergeKubeconfig(file, kubeconfig), before: kubeconfig.reveal() },
  'bundle create --out': {
    write: async (file) => {
      await requirePlace(file);
      return writeBundle({ list: [], place: () => ({ file: '', start: 0 }) }, { out: file, created: 0 });
    },
  },
  'bundle sign --signature': { write: (file) => signBundle(signed, privateKey, file) },
  init: {
    write: (file) => initCommand().option('-f, --file <file>').parseAsync(['-f', file], { from: 'user' }),
    onlyNew: true,
  },
};

const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
};

describe.each(Object.entries(writers))('%s', (_name, { write, before = 'before', onlyNew }) => {
  test('writes a new file, and leaves nothing else', async () => {
    const directory = folder();
    await write(join(directory, 'file'));
    expect(readdirSync(directory)).toEqual(['file']);
    expect(statSync(join(directory, 'file')).size).toBeGreaterThan(0);
  });

  test.runIf(!onlyNew)('replaces a file, which stays as private as it was', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, before);
    chmodSync(file, 0o600);
    await write(file);
    expect(readFileSync(file, 'utf8')).not.toBe(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.runIf(onlyNew)('leaves a file that is there', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, before);
    expect(await failureOf(write(file))).toMatchObject({ kind: 'usage' });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test.runIf(!onlyNew)('follows a link, which stays one', async () => {
    const directory = folder();
    const [file, link] = [join(directory, 'file'), join(directory, 'link')];
    writeFileSync(file, before);
    symlinkSync('file', link);
    await write(link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).not.toBe(before);
  });

  test('follows a link to where there is nothing yet', async () => {
    const directory = folder();
    mkdirSync(join(directory, 'there'));
    symlinkSync('there/file', join(directory, 'link'));
    await write(join(directory, 'link'));
    expect(lstatSync(join(directory, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(directory, 'there'))).toEqual(['file']);
  });

  const never: readonly (readonly [string, (directory: string) => string])[] = [
    ['a folder', (directory) => directory],
    ['a link to a folder', (directory) => linkTo(directory, '.')],
    ['a pipe', (directory) => pipeIn(directory)],
    ['a link to a device', (directory) => linkTo(directory, '/dev/null')],
    ['a link in a circle', (directory) => linkTo(directory, 'link')],
    ['a place in /proc', () => '/proc/podstrap-x/file'],
    ['a place below a file', (directory) => join(fileIn(directory), 'file')],
  ];
  test.each(never)('does not write to %s', async (_title, make) => {
    const directory = folder();
    const path = make(directory);
    const there = readdirSync(directory);
    const failure = await failureOf(write(path));
    expect(failure).toMatchObject({ kind: 'usage', doing: expect.stringMatching(/^(Writing|Making) /) });
    expect(failure.said).toBeTruthy();
    expect(failure.next).toBeTruthy();
    expect(readdirSync(directory)).toEqual(there);
  });
});

function linkTo(directory: string, target: string): string {
  symlinkSync(target, join(directory, 'link'));
  return join(directory, 'link');
}

function pipeIn(directory: string): string {
  execFileSync('mkfifo', [join(directory, 'pipe')]);
  return join(directory, 'pipe');
}

function fileIn(directory: string): string {
  writeFileSync(join(directory, 'file'), '');
  return join(directory, 'file');
}

describe('a file of the operator’s', () => {
  test('is as it was when what should come breaks off', async () => {
    const directory = folder();
    const file = join(directory, 'file');
    writeFileSync(file, 'before');
    const broken = async function* () {
      yield Buffer.from('half');
      throw new Error('the host is gone');
    };
    await expect(writeOperatorFile(file, broken(), { what: file })).rejects.toThrow('the host is gone');
    expect(readFileSync(file, 'utf8')).toBe('before');
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('is never a device', async () => {
    expect(await failureOf(placeOf('/dev/null', { what: 'it' }))).toMatchObject({ said: 'it is a device' });
  });
});

describe('render --out', () => {
  const wanted = { hosts: [], objects: [], systemObjects: [], manifests: [] } as never;

  test('makes the folder', async () => {
    const out = join(folder(), 'a', 'b');
    await render(wanted, out, false);
    expect(readdirSync(out)).toEqual(['.podstrap-render.json']);
  });

  test.each([
    ['in /proc', () => '/proc/podstrap-x/out'],
    ['below a file', () => join(fileIn(folder()), 'out')],
    ['that is a file', () => fileIn(folder())],
    ['that is a pipe', () => pipeIn(folder())],
  ])('does not make one %s', async (_title, make) => {
    expect(await failureOf(render(wanted, make(), false))).toMatchObject({ kind: 'usage' });
  });

  test('removes what an earlier render made there, and nothing that its list names outside', async () => {
    const directory = folder();
    const out = join(directory, 'out');
    mkdirSync(join(out, 'cp-1'), { recursive: true });
    const outside = join(directory, 'outside');
    for (const file of [outside, join(out, 'cp-1', 'old')]) writeFileSync(file, '');
    const list = ['cp-1/old', '../outside', 'cp-1/../../outside', outside, 7, null];
    writeFileSync(join(out, '.podstrap-render.json'), JSON.stringify(list));
    await render(wanted, out, false);
    expect(existsSync(outside)).toBe(true);
    expect(existsSync(join(out, 'cp-1', 'old'))).toBe(false);
    expect(dirname(outside)).toBe(directory);
  });
});
