import { lstatSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { runSteps } from '../../src/apply/run-steps.js';
import { undoScript } from '../../src/apply/scripts/undo-script.js';
import { isBeginning, parseReplaced } from '../../src/apply/undo/replaced.js';
import type { Step } from '../../src/plan/step.js';
import {
  contentsOf,
  context,
  holdLock,
  makeWorld,
  putManifest,
  step,
  type World,
  writeFile,
} from './world.js';

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

const record = '/var/lib/podstrap/replaced';
const take = (at: World, steps: readonly Step[], ...contents: readonly string[]): Promise<void> =>
  runSteps(at.transport, steps, contentsOf(...contents), context, () => undefined);

async function undo(at: World, restart: readonly string[] = [], lockId = 'ours'): Promise<number> {
  const script = undoScript(parseReplaced(at.read(record)), new Set(), restart, lockId);
  const { code, stderr } = await at.transport.exec({ script });
  if (code !== 0 && stderr !== '') throw new Error(stderr);
  return code;
}

/** Kind, mode and content of everything outside podstrap's own folders. */
const picture = (at: World): readonly string[] =>
  at
    .tree()
    .filter((path) => !path.startsWith('/var/lib/podstrap/') && !path.startsWith('/run/'))
    .map((path) => `${path} ${at.mode(path).toString(8)} ${at.read(path)}`);

test('files, modes, links, directories and kernel settings are as they were; what was new is gone', async () => {
  const at = world();
  at.write('/etc/old', 'before', 0o640);
  at.write('/etc/loose', 'x', 0o666);
  at.write('/etc/target', 'led here');
  at.write('/proc/sys/net/ipv4/ip_forward', '0\n');
  symlinkSync('target', join(at.root, 'etc/link'));
  const before = picture(at);
  await take(
    at,
    [
      step({ do: 'make-directory', path: '/etc/made', mode: 0o755 }),
      writeFile('/etc/made/new', 'new'),
      writeFile('/etc/old', 'after', 0o600),
      writeFile('/etc/link', 'no link any more'),
      step({ do: 'set-mode', path: '/etc/loose', mode: 0o600 }),
      step({ do: 'remove-file', path: '/etc/target' }),
      step({ do: 'set-sysctl', name: 'net.ipv4.ip_forward', value: '1' }),
      putManifest('etcd', 'a new pod'),
    ],
    'new',
    'after',
    'no link any more',
    'a new pod',
  );
  expect(picture(at)).not.toEqual(before);
  expect(await undo(at)).toBe(0);
  expect(picture(at)).toEqual(before);
  expect(at.exists('/etc/made')).toBe(false);
  expect(lstatSync(join(at.root, 'etc/link')).isSymbolicLink()).toBe(true);
  expect(readlinkSync(join(at.root, 'etc/link'))).toBe('target');
  expect(at.list('/etc/kubernetes/manifests')).toEqual([]);
});

test('whatever was written over whatever was there, the host is byte for byte as before, and twice is as good as once', async () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f');
  const content = fc.string({ maxLength: 30 });
  const mode = fc.constantFrom(0o600, 0o640, 0o644, 0o755);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(name, content, mode), { selector: ([path]) => path }),
      fc.array(
        fc.uniqueArray(fc.tuple(name, content, mode), {
          minLength: 1,
          maxLength: 4,
          selector: ([path]) => path,
        }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      async (there, runs) => {
        const at = world();
        for (const [path, text, bits] of there) {
          at.write(`/etc/x/${path}`, text, bits);
          await at.transport.exec({ script: `chmod ${bits.toString(8)} "$R/etc/x/${path}"` });
        }
        const before = picture(at);
        for (const files of runs)
          await take(
            at,
            files.map(([path, text, bits]) => writeFile(`/etc/x/${path}`, text, bits)),
            ...files.map(([, text]) => text),
          );
        expect(await undo(at)).toBe(0);
        expect(picture(at)).toEqual(before);
        expect(await undo(at)).toBe(0);
        expect(picture(at)).toEqual(before);
      },
    ),
    { numRuns: 12 },
  );
});

describe('it changes nothing', () => {
  test('when another run has the lock', async () => {
    const at = world();
    at.write('/etc/old', 'before');
    await take(at, [writeFile('/etc/old', 'after')], 'after');
    expect(await undo(at, [], 'another')).toBe(75);
    expect(at.read('/etc/old')).toBe('after');
  });

  test('when the store lost what is to go back: then nothing goes back', async () => {
    const at = world();
    at.write('/etc/one', 'first');
    at.write('/etc/two', 'second');
    await take(at, [writeFile('/etc/one', 'x'), writeFile('/etc/two', 'y')], 'x', 'y');
    const second = parseReplaced(at.read(record))[1];
    if (second?.was !== 'file') throw new Error('not noted');
    at.write(`/var/lib/podstrap/store/${second.sha256}`, 'damaged');
    await expect(undo(at)).rejects.toThrow('no whole copy of the earlier /etc/two');
    expect([at.read('/etc/one'), at.read('/etc/two')]).toEqual(['x', 'y']);
  });
});

test('a record that a loss of power cut short is read as far as it goes', () => {
  const sha = 'a'.repeat(64);
  expect(parseReplaced(`644 0:0 ${sha} c:/etc/a\n\n644 0:0 abc`)).toEqual([
    { was: 'file', path: '/etc/a', mode: '644', owner: '0:0', sha256: sha },
  ]);
  expect(
    parseReplaced(`- - - c:/etc/b\n755 0:0 - m:/etc\n- - 0 1 s:kernel.x\n- - disabled u:a.service\n`),
  ).toEqual([
    { was: 'absent', path: '/etc/b' },
    { was: 'mode', path: '/etc', mode: '755', owner: '0:0' },
    { was: 'sysctl', name: 'kernel.x', value: '0 1' },
    { was: 'unit', name: 'a.service', enabled: 'disabled' },
  ]);
});

test('a record that begins before the host had a kubelet or etcd leads nowhere: going back would empty a host in use', () => {
  const absent = (path: string) => parseReplaced(`- - - c:${path}\n`);
  expect(isBeginning(absent('/etc/systemd/system/kubelet.service'))).toBe(true);
  expect(isBeginning(absent('/etc/kubernetes/manifests/etcd.yaml'))).toBe(true);
  expect(isBeginning(absent('/etc/kubernetes/policy.yaml'))).toBe(false);
  expect(isBeginning([])).toBe(false);
});
