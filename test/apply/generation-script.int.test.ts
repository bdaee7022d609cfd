import { pack } from 'tar-stream';
import { afterEach, describe, expect, test } from 'vitest';
import { runSteps } from '../../src/apply/run-steps.js';
import {
  generationFiles,
  generationScript,
  type KeptRecords,
} from '../../src/apply/scripts/generation-script.js';
import type { Generation, Remembered } from '../../src/observed/memory/generation.js';
import { type RunRecord, recordText } from '../../src/observed/memory/run-record.js';
import { probeScript } from '../../src/observed/probe/probe.js';
import { digestOf } from '../../src/secrets/digest.js';
import { factsFrom } from '../observed/facts-from.js';
import { contentsOf, context, holdLock, makeWorld, type World, writeFile } from './world.js';

const worlds: World[] = [];
const world = (): World => {
  const made = makeWorld();
  worlds.push(made);
  holdLock(made);
  return made;
};
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.dispose();
});

const file = (path: string, content: string, phase: 'node' | 'certificates' = 'node'): Remembered => ({
  kind: 'file',
  phase,
  path,
  mode: 0o644,
  sha256: digestOf(content),
  secret: phase === 'certificates',
  because: 'a test',
});

const generation = (run: string, resources: readonly Remembered[], rollbackTo?: string): Generation => ({
  apiVersion: 'podstrap.io/v1alpha1',
  kind: 'Generation',
  host: 'cp-1',
  run,
  time: '2026-01-01T00:00:00.000Z',
  by: 'me@here (podstrap up)',
  podstrap: '0.1.0',
  plan: 'f'.repeat(64),
  ...(rollbackTo === undefined ? {} : { rollbackTo }),
  resources,
});

const recordOf = (run: string): RunRecord => ({
  apiVersion: 'podstrap.io/v1alpha1',
  kind: 'RunRecord',
  run,
  sources: [{ path: 'cluster.yaml', text: '{}' }],
});

async function note(
  at: World,
  made: Generation,
  limit = 5,
  lockId = 'ours',
  records: KeptRecords = { own: recordOf(made.run), earlier: [] },
) {
  const tar = pack();
  for (const [name, text] of generationFiles(made, records, 3)) tar.entry({ name, mode: 0o600 }, text);
  tar.finalize();
  return at.transport.exec({
    script: generationScript(made, limit, { lockId }),
    stdin: tar as AsyncIterable<Uint8Array>,
  });
}

const write = (at: World, path: string, content: string): Promise<void> =>
  runSteps(at.transport, [writeFile(path, content)], contentsOf(content), context, () => undefined);

const look = async (at: World) => {
  const request = {
    files: [],
    hashes: [],
    sysctls: [],
    modules: [],
    units: {},
    etcdDataDir: '/var/lib/etcd',
  };
  return factsFrom(at.transport, probeScript(request), 0);
};

test('a finished run is noted: what is there, who made it so, and the inventory; the record of what was replaced ends', async () => {
  const at = world();
  await write(at, '/etc/a', 'one');
  const made = generation('run-1', [file('/etc/a', 'one')]);
  expect(await note(at, made)).toMatchObject({ code: 0, stdout: '@end\n' });
  expect(JSON.parse(at.read('/var/lib/podstrap/generations/run-1/generation.json'))).toEqual(made);
  expect(at.read('/var/lib/podstrap/generations/run-1/record.json')).toBe(recordText(recordOf('run-1')));
  expect(at.exists('/var/lib/podstrap/replaced')).toBe(false);
  expect(at.exists('/var/lib/podstrap/stage')).toBe(false);
  expect(at.exists('/var/lib/podstrap/bootstrapped')).toBe(true);
  expect([
    at.mode('/var/lib/podstrap/generations'),
    at.mode('/var/lib/podstrap/generations/run-1/record.json'),
  ]).toEqual([0o700, 0o600]);
  expect(await look(at)).toMatchObject({
    generation: { run: 'run-1' },
    generations: ['run-1'],
    applied: { '/etc/a': digestOf('one') },
  });
});

test('a rollback says whose generation it brought back', async () => {
  const at = world();
  await note(at, generation('run-2', [], 'run-1'));
  expect((await look(at)).generation).toEqual({ run: 'run-2', rollbackTo: 'run-1' });
});

test('as many are kept as asked for; of what was replaced nothing stays, once the run is over', async () => {
  const at = world();
  for (const [index, content] of ['one', 'two', 'three', 'four'].entries()) {
    await write(at, '/etc/a', content);
    await write(at, '/etc/key', `key ${content}`);
    const made = [file('/etc/a', content), file('/etc/key', `key ${content}`, 'certificates')];
    expect((await note(at, generation(`run-${index}`, made), 2)).code).toBe(0);
    expect(at.exists('/var/lib/podstrap/store')).toBe(false);
  }
  expect(at.list('/var/lib/podstrap/generations')).toEqual(['run-2', 'run-3']);
});

test('what was there before podstrap stays, for the reset', async () => {
  const at = world();
  at.write('/etc/a', 'theirs');
  for (const content of ['one', 'two']) {
    await write(at, '/etc/a', content);
    expect((await note(at, generation(`run-${content}`, [file('/etc/a', content)]))).code).toBe(0);
  }
  expect(at.list('/var/lib/podstrap/store')).toEqual([digestOf('theirs')]);
  expect((await look(at)).leftovers).toBeUndefined();
});

describe('what an earlier podstrap has left', () => {
  const earlier = (): World => {
    const at = world();
    at.write('/var/lib/podstrap/generations/run-0/generation.json', '{}');
    at.write('/var/lib/podstrap/generations/run-0/sources.json', '[{"path":"a","text":"password: geheim"}]');
    at.write('/var/lib/podstrap/generations/run-0/needs', '');
    at.write(`/var/lib/podstrap/store/${digestOf('a key')}`, 'a key');
    return at;
  };

  test('is seen', async () => {
    const at = earlier();
    expect((await look(at)).leftovers).toEqual({ inventories: ['run-0'], store: true });
  });

  test('is nothing while a run is unfinished: what it replaced is needed to undo it', async () => {
    const at = world();
    at.write(`/var/lib/podstrap/store/${digestOf('a key')}`, 'a key');
    at.write('/var/lib/podstrap/replaced', '- - - c:/etc/a\n');
    expect((await look(at)).leftovers).toBeUndefined();
  });

  test('goes with the next run that is noted; a control plane keeps it without secrets', async () => {
    const at = earlier();
    await note(at, generation('run-1', []), 5, 'ours', {
      own: recordOf('run-1'),
      earlier: [recordOf('run-0')],
    });
    expect(at.list('/var/lib/podstrap/generations/run-0')).toEqual(['generation.json', 'record.json']);
    expect(at.read('/var/lib/podstrap/generations/run-0/record.json')).toBe(recordText(recordOf('run-0')));
    expect((await look(at)).leftovers).toBeUndefined();
  });

  test('goes from a worker altogether', async () => {
    const at = earlier();
    await note(at, generation('run-1', []), 5, 'ours', { earlier: [] });
    expect(at.list('/var/lib/podstrap/generations/run-0')).toEqual(['generation.json']);
    expect(at.list('/var/lib/podstrap/generations/run-1')).toEqual(['generation.json']);
  });
});

test('the newest is kept even where the clocks of operators differ', async () => {
  const at = world();
  for (const run of ['run-5', 'run-6', 'run-1']) await note(at, generation(run, []), 2);
  expect(at.list('/var/lib/podstrap/generations')).toContain('run-1');
  expect((await look(at)).generation?.run).toBe('run-1');
});

test('a run that has lost its lock notes nothing', async () => {
  const at = world();
  const { code } = await note(at, generation('run-1', []), 5, 'another');
  expect(code).toBe(75);
  expect(at.exists('/var/lib/podstrap/generations')).toBe(false);
});

test('the same run may note it again', async () => {
  const at = world();
  await note(at, generation('run-1', []));
  expect((await note(at, generation('run-1', []))).code).toBe(0);
  expect(at.list('/var/lib/podstrap/generations')).toEqual(['run-1']);
});

test('the host’s journal gets a line for each run, and does not grow for ever', async () => {
  const at = world();
  const line = (run: string) => `{"run":"${run}"}\n`;
  at.write(
    '/var/lib/podstrap/journal',
    Array.from({ length: 120 }, (_, index) => line(`r-${index}`)).join(''),
  );
  await note(at, generation('run-1', []));
  await note(at, generation('run-2', [], 'run-1'));
  const lines = at.read('/var/lib/podstrap/journal').trimEnd().split('\n');
  expect(lines).toHaveLength(100);
  expect(JSON.parse(lines.at(-1)!)).toEqual({
    run: 'run-2',
    time: '2026-01-01T00:00:00.000Z',
    by: 'me@here (podstrap up)',
    podstrap: '0.1.0',
    plan: 'f'.repeat(64),
    rollbackTo: 'run-1',
    steps: 3,
    result: 'done',
  });
});
