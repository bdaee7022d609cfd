import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runSteps } from '../../src/apply/run-steps.js';
import { hostScript } from '../../src/apply/scripts/host-script.js';
import { parseReplaced } from '../../src/apply/undo/replaced.js';
import { Failure } from '../../src/failure.js';
import { describeStep, type Step } from '../../src/plan/step.js';
import { Secret } from '../../src/secret.js';
import { digestOf } from '../../src/secrets/digest.js';
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
const world = (name?: string): World => {
  const made = makeWorld('cp-1', name);
  worlds.push(made);
  holdLock(made);
  return made;
};
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.dispose();
});

/** Takes steps; gives the ones that the host reported. */
async function take(
  at: World,
  steps: readonly Step[],
  ...contents: readonly (string | Secret)[]
): Promise<string[]> {
  const done: string[] = [];
  await runSteps(at.transport, steps, contentsOf(...contents), context, (one) =>
    done.push(describeStep(one)),
  );
  return done;
}

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error) => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );

test('files land with their content and mode, in directories made for them', async () => {
  const at = world();
  const done = await take(
    at,
    [
      step({ do: 'make-directory', path: '/etc/kubernetes/pki', mode: 0o755 }),
      writeFile('/etc/kubernetes/pki/ca.crt', 'certificate\n'),
      writeFile('/etc/kubernetes/pki/ca.key', new Secret('a key\n'), 0o600),
      writeFile('/opt/new/place/file', 'x'),
      putManifest('etcd', 'kind: Pod\n'),
    ],
    'certificate\n',
    new Secret('a key\n'),
    'x',
    'kind: Pod\n',
  );
  expect(done).toEqual([
    'make directory /etc/kubernetes/pki',
    'write /etc/kubernetes/pki/ca.crt',
    'write /etc/kubernetes/pki/ca.key',
    'write /opt/new/place/file',
    'add static pod etcd',
  ]);
  expect([at.read('/etc/kubernetes/pki/ca.crt'), at.mode('/etc/kubernetes/pki/ca.crt')]).toEqual([
    'certificate\n',
    0o644,
  ]);
  expect([at.read('/etc/kubernetes/pki/ca.key'), at.mode('/etc/kubernetes/pki/ca.key')]).toEqual([
    'a key\n',
    0o600,
  ]);
  expect(at.mode('/etc/kubernetes/pki')).toBe(0o755);
  expect(at.read('/opt/new/place/file')).toBe('x');
  expect(at.read('/etc/kubernetes/manifests/etcd.yaml')).toBe('kind: Pod\n');
});

test('nothing that was staged stays, and nobody else may look where it was', async () => {
  const at = world();
  await take(at, [writeFile('/etc/a', 'a'), putManifest('etcd', 'pod')], 'a', 'pod');
  expect(at.tree().filter((path) => /\.podstrap-|\/stage\//.test(path))).toEqual([]);
  expect(at.list('/etc/kubernetes/.podstrap')).toEqual([]);
  expect(at.list('/var/lib/podstrap')).not.toContain('stage');
  expect(at.mode('/var/lib/podstrap')).toBe(0o700);
  expect(at.mode('/etc/kubernetes/.podstrap')).toBe(0o700);
});

test('what is replaced is kept for the undoing, and what was not there is noted; the first note stays', async () => {
  const at = world();
  at.write('/etc/old', 'before', 0o640);
  const owner = (await at.transport.exec({ script: 'stat -c %u:%g "$R/etc/old"' })).stdout.trim();
  await take(at, [writeFile('/etc/old', 'after'), writeFile('/etc/new', 'after')], 'after');
  await take(at, [writeFile('/etc/old', 'again')], 'again');
  expect(parseReplaced(at.read('/var/lib/podstrap/replaced'))).toEqual([
    { was: 'file', path: '/etc/old', mode: '640', owner, sha256: digestOf('before') },
    { was: 'absent', path: '/etc/new' },
  ]);
  expect(at.read(`/var/lib/podstrap/store/${digestOf('before')}`)).toBe('before');
  expect([
    at.mode('/var/lib/podstrap/store'),
    at.mode(`/var/lib/podstrap/store/${digestOf('before')}`),
  ]).toEqual([0o700, 0o600]);
});

test('what was written is in the store, too, and noted: who looks can tell a file that somebody else changed', async () => {
  const at = world();
  await take(at, [writeFile('/etc/a', 'one'), putManifest('etcd', 'pod')], 'one', 'pod');
  await take(at, [writeFile('/etc/a', 'two')], 'two');
  expect(at.read('/var/lib/podstrap/applied').trimEnd().split('\n')).toEqual([
    `${digestOf('one')} /etc/a`,
    `${digestOf('pod')} /etc/kubernetes/manifests/etcd.yaml`,
    `${digestOf('two')} /etc/a`,
  ]);
  expect(at.list('/var/lib/podstrap/store')).toEqual(
    [digestOf('one'), digestOf('pod'), digestOf('two')].sort(),
  );
});

test.each([
  'it’s “quoted”',
  'two words',
  "single ' quote",
  'a $(reboot) `b` "c" \\d',
  'star * and ? [x]',
  '-dash',
])('a path may hold anything: %s', async (name) => {
  const at = world(`root of ${name.replaceAll('/', '')}`);
  await take(
    at,
    [
      step({ do: 'make-directory', path: `/etc/${name}`, mode: 0o750 }),
      writeFile(`/etc/${name}/${name}`, name),
    ],
    name,
  );
  expect(at.list('/etc')).toEqual([name, 'kubernetes'].sort());
  expect(at.read(`/etc/${name}/${name}`)).toBe(name);
  expect(at.mode(`/etc/${name}`)).toBe(0o750);
  await take(at, [step({ do: 'remove-file', path: `/etc/${name}/${name}` })]);
  expect(at.list(`/etc/${name}`)).toEqual([]);
});

test('units, modules and sysctls are changed by the host’s own programs, in order', async () => {
  const at = world();
  const unit =
    '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';
  const name = 'made-here.service';
  await take(
    at,
    [
      writeFile(`/etc/systemd/system/${name}`, unit),
      step({ do: 'reload-units' }),
      step({ do: 'enable-unit', name }),
      step({ do: 'start-unit', name }),
      step({ do: 'restart-unit', name }),
    ],
    unit,
  );
  expect(at.exists(`/etc/systemd/system/multi-user.target.wants/${name}`)).toBe(true);
  const { stdout } = await at.transport.exec({ script: `systemctl is-active ${name}` });
  expect(stdout).toBe('active\n');
});

test('a birth mark holds the cluster’s id, and etcd’s data is for root alone', async () => {
  const at = world();
  await take(at, [step({ do: 'mark-etcd-birth', path: '/var/lib/etcd/member/podstrap-cluster' })]);
  expect(at.read('/var/lib/etcd/member/podstrap-cluster')).toBe(`${context.clusterId}\n`);
  expect([at.mode('/var/lib/etcd'), at.mode('/var/lib/etcd/member')]).toEqual([0o700, 0o700]);
});

describe('a step that fails', () => {
  const contents = ['one', 'two', 'three'] as const;
  const files = contents.map((content) => writeFile(`/etc/${content}`, content));

  test('is named, with what the machine said; the ones before it stay, the ones after it are not begun', async () => {
    const at = world();
    const steps = [files[0]!, step({ do: 'start-unit', name: 'missing.service' }), files[1]!];
    const done: string[] = [];
    const failure = await failureOf(
      runSteps(at.transport, steps, contentsOf(...contents), context, (one) => done.push(describeStep(one))),
    );
    expect(failure.kind).toBe('apply');
    expect(failure.doing).toBe('Trying to start missing.service');
    expect(failure.where).toEqual({ host: 'cp-1', phase: 'node' });
    expect(failure.said).toContain('Unit missing.service not found');
    expect(failure.next).toBeTruthy();
    expect(done).toEqual(['write /etc/one']);
    expect(at.exists('/etc/one')).toBe(true);
    expect(at.exists('/etc/two')).toBe(false);
  });

  test('while files are staged leaves every one of them as it was, and names the right one', async () => {
    const at = world();
    at.write('/etc/one', 'before');
    at.write('/etc/two', 'a file');
    const failure = await failureOf(
      take(at, [files[0]!, writeFile('/etc/two/below', 'two'), files[2]!], ...contents),
    );
    expect(failure.doing).toBe('Trying to write /etc/two/below');
    expect(at.read('/etc/one')).toBe('before');
    expect(at.exists('/etc/three')).toBe(false);
    expect(at.tree().filter((path) => /\.podstrap-|\/stage\//.test(path))).toEqual([]);
  });

  test('because a directory is where a file should be changes nothing', async () => {
    const at = world();
    mkdirSync(join(at.root, 'etc/one'));
    const failure = await failureOf(take(at, [files[0]!, files[1]!], ...contents));
    expect(failure.doing).toBe('Trying to write /etc/one');
    expect(at.list('/etc/one')).toEqual([]);
    expect(at.exists('/etc/two')).toBe(false);
  });

  test('for want of space says so', async () => {
    const at = world();
    writeFileSync(
      join(at.own, 'cp'),
      '#!/bin/sh\necho "cp: error writing: No space left on device" >&2\nexit 1\n',
    );
    chmodSync(join(at.own, 'cp'), 0o755);
    const failure = await failureOf(take(at, files, ...contents));
    expect(failure.next).toContain('Free some space');
  });
});

describe('a lock that another run has', () => {
  test('stops everything', async () => {
    const at = world();
    holdLock(at, 'theirs');
    const before = at.tree();
    const failure = await failureOf(
      take(at, [writeFile('/etc/a', 'a'), putManifest('etcd', 'pod')], 'a', 'pod'),
    );
    expect(failure.kind).toBe('locked');
    expect(failure.said).toBe('the lock now belongs to me@here (podstrap up)');
    expect(at.tree()).toEqual(before);
  });

  test('and so does one that is gone', async () => {
    const at = world();
    await at.transport.exec({ script: 'rm "$R/var/lib/podstrap/lock"' });
    const failure = await failureOf(take(at, [writeFile('/etc/a', 'a')], 'a'));
    expect(failure.kind).toBe('locked');
    expect(at.exists('/etc/a')).toBe(false);
  });
});

test('no stray file is ever seen among the manifests, however often they are written', async () => {
  const at = world();
  const manifests = join(at.root, 'etc/kubernetes/manifests');
  const seen = new Set<string>();
  let looking = true;
  const looks = (async () => {
    while (looking) {
      for (const name of readdirSync(manifests)) seen.add(name);
      await new Promise(setImmediate);
    }
  })();
  const pods = ['etcd', 'kube-apiserver', 'kube-scheduler'];
  for (let round = 0; round < 3; round++)
    await take(
      at,
      pods.map((pod) => putManifest(pod, `${pod} ${round}`)),
      ...pods.map((pod) => `${pod} ${round}`),
    );
  looking = false;
  await looks;
  expect([...seen].sort()).toEqual(pods.map((pod) => `${pod}.yaml`));
});

test('the script is shown by nobody what it must not hold', () => {
  const secret = new Secret('a private key');
  const { script, contents } = hostScript([writeFile('/etc/key', secret, 0o600)], context);
  expect(script).not.toContain('a private key');
  expect(contents).toHaveLength(1);
});

test('a step that has a script of its own is refused', () => {
  expect(() => hostScript([step({ do: 'import-image', ref: 'x', digest: 'y', size: 1 })], context)).toThrow();
});
