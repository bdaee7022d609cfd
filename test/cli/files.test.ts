import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, describe, expect, test } from 'vitest';
import { journalFile } from '../../src/cli/files/journal-file.js';
import { mergeKubeconfig } from '../../src/cli/files/merge-kubeconfig.js';
import { recordFile } from '../../src/cli/files/record-file.js';
import type { Failure } from '../../src/failure.js';
import { Secret } from '../../src/secret.js';

const base = mkdtempSync(join(tmpdir(), 'podstrap-files-'));
afterAll(() => rmSync(base, { recursive: true }));
const folder = (): string => mkdtempSync(join(base, 'case-'));
const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: Failure) => error,
  );

const kubeconfig = (name: string, token: string): Secret =>
  new Secret(`apiVersion: v1
kind: Config
clusters: [{ name: ${name}, cluster: { server: https://${name} } }]
users: [{ name: ${name}-admin, user: { token: ${token} } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name}-admin } }]
current-context: ${name}
`);

describe('merging a kubeconfig', () => {
  test('adds ours to what is there, and makes its context current', async () => {
    const file = join(folder(), 'config');
    writeFileSync(file, `${kubeconfig('old', 'one').reveal()}preferences: { colors: true }\n`);
    chmodSync(file, 0o644);
    await mergeKubeconfig(file, kubeconfig('prod', 'two'));
    const merged = load(readFileSync(file, 'utf8')) as Record<string, unknown>;
    expect(merged).toMatchObject({
      clusters: [{ name: 'old' }, { name: 'prod' }],
      users: [{ name: 'old-admin' }, { name: 'prod-admin', user: { token: 'two' } }],
      contexts: [{ name: 'old' }, { name: 'prod' }],
      'current-context': 'prod',
      preferences: { colors: true },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('replaces what has our names', async () => {
    const file = join(folder(), 'config');
    await mergeKubeconfig(file, kubeconfig('prod', 'one'));
    await mergeKubeconfig(file, kubeconfig('prod', 'two'));
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('one');
    expect(text.match(/token: two/g)).toHaveLength(1);
  });

  test('makes the file and its folder where there is none, and leaves nothing else', async () => {
    const directory = folder();
    await mergeKubeconfig(join(directory, '.kube', 'config'), kubeconfig('prod', 'one'));
    expect(readdirSync(join(directory, '.kube'))).toEqual(['config']);
    expect(statSync(join(directory, '.kube')).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['empty', ''],
    ['lists that are null', 'clusters:\nusers:\ncontexts:\n'],
  ])('takes one that is %s', async (_name, text) => {
    const file = join(folder(), 'config');
    writeFileSync(file, text);
    await mergeKubeconfig(file, kubeconfig('prod', 'one'));
    expect(load(readFileSync(file, 'utf8'))).toMatchObject({ kind: 'Config', 'current-context': 'prod' });
  });

  test('leaves one that is not YAML as it is, and does not show its lines', async () => {
    const file = join(folder(), 'config');
    const broken = 'users:\n- name: x\n  user: { client-key-data: c2VjcmV0, token: hunter2\n  - broken: [\n';
    writeFileSync(file, broken);
    const failure = await failureOf(mergeKubeconfig(file, kubeconfig('prod', 'one')));
    expect(failure.kind).toBe('usage');
    expect(failure.said).toMatch(/^line \d+ is not YAML: /);
    expect(JSON.stringify([failure.message, failure.said, failure.stack])).not.toMatch(/c2VjcmV0|hunter2/);
    expect(readFileSync(file, 'utf8')).toBe(broken);
  });
});

describe('the record', () => {
  const record = { clusterId: 'a', cluster: 'prod', endpoint: 'x:6443', etcd: {}, bootstrapped: false };

  test('is nothing at first, then what was saved last', async () => {
    const directory = folder();
    const store = recordFile(directory);
    expect(await store.load()).toBeUndefined();
    await store.save(record);
    await store.save({ ...record, bootstrapped: true });
    expect(await store.load()).toEqual({ ...record, bootstrapped: true });
    expect(readdirSync(directory)).toEqual(['cluster.json']);
    await store.remove();
    await store.remove();
    expect(await store.load()).toBeUndefined();
  });

  test('is the earlier one as long as a later one is not whole', async () => {
    const directory = folder();
    const store = recordFile(directory);
    await store.save(record);
    writeFileSync(join(directory, 'cluster.json.new'), '{"clusterId"');
    expect(await store.load()).toEqual(record);
    await store.save({ ...record, endpoint: 'y:6443' });
    expect((await store.load())!.endpoint).toBe('y:6443');
  });

  test('that is damaged says how to get another', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'cluster.json'), '{');
    const failure = await failureOf(recordFile(directory).load());
    expect(failure.kind).toBe('keystore');
    expect(failure.next).toBeTruthy();
  });
});

describe('the journal', () => {
  const at = () => new Date('2026-01-02T03:04:05Z');

  test('holds a line for each event but transfers, for the operator’s eyes only', async () => {
    const file = join(folder(), 'runs', 'one.jsonl');
    const journal = journalFile(file, at);
    journal.emit({ event: 'stage', stage: 'connect', state: 'started' });
    journal.emit({ event: 'transfer', host: 'a', artifact: 'b', sent: 1, total: 2 });
    journal.emit({ event: 'warning', message: 'two\nlines' });
    await journal.close();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { at: '2026-01-02T03:04:05.000Z', event: 'stage', stage: 'connect', state: 'started' },
      { at: '2026-01-02T03:04:05.000Z', event: 'warning', message: 'two\nlines' },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  });

  test('that cannot be written does not end the run, and late events do not either', async () => {
    const file = join(folder(), 'a-directory');
    const journal = journalFile(join(file, 'runs.jsonl'), at);
    rmSync(file, { recursive: true });
    journal.emit({ event: 'warning', message: 'x' });
    await journal.close();
    journal.emit({ event: 'warning', message: 'late' });
    await new Promise(setImmediate);
    expect(existsSync(file)).toBe(false);
  });
});
