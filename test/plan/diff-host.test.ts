import { describe, expect, test } from 'vitest';
import type { ImageResource, Resource, StaticPodResource } from '../../src/desired/resource.js';
import type { FileFact, HostFacts } from '../../src/observed/facts.js';
import { diffHost } from '../../src/plan/diff/diff-host.js';
import { describeStep, type Step } from '../../src/plan/step.js';
import { Secret } from '../../src/secret.js';
import { digestOf } from '../../src/secrets/digest.js';
import { bareFacts } from './facts-of.js';

const because = 'the inventory asks for it';
const node = { because, phase: 'node' } as const;

const file = (path: string, rest: Partial<FileFact> = {}): Pick<HostFacts, 'files'> => ({
  files: { [path]: { path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 1, ...rest } },
});

const config: Resource = { ...node, kind: 'file', path: '/etc/config', mode: 0o644, content: 'new\n' };
const secret: Resource = {
  ...node,
  kind: 'file',
  path: '/etc/key',
  mode: 0o600,
  content: new Secret('new key'),
};
const directory: Resource = { ...node, kind: 'directory', path: '/etc/dir', mode: 0o700 };
const binary: Resource = {
  because,
  phase: 'binaries',
  kind: 'binary',
  path: '/usr/local/bin/kubelet',
  mode: 0o755,
  sha256: 'a'.repeat(64),
  size: 60_000_000,
  version: 'v1.36.3',
};
const digest = `sha256:${'b'.repeat(64)}`;
const image: ImageResource = {
  because,
  phase: 'images',
  kind: 'image',
  ref: 'registry.k8s.io/pause:3.10',
  digest,
  blobs: [
    { sha256: 'b'.repeat(64), size: 1_000 },
    { sha256: 'd'.repeat(64), size: 299_000 },
  ],
};
const content = image.blobs.map(({ sha256 }) => sha256);
const pod: StaticPodResource = {
  because,
  phase: 'control-plane',
  kind: 'static-pod',
  name: 'etcd',
  path: '/etc/kubernetes/manifests/etcd.yaml',
  mode: 0o600,
  content: 'new manifest\n',
  revision: 'cafe',
};
const podFile = (content = pod.content, rest: Partial<FileFact> = {}) =>
  file(pod.path, { mode: 0o600, sha256: digestOf(content), content, ...rest });
const kubeletRuns = { units: { 'kubelet.service': { active: 'active', enabled: 'enabled' } } };
const sandbox = { sandboxes: [{ id: 's', revision: 'cafe', running: true }] };

const steps = (wanted: readonly Resource[], facts: Partial<HostFacts>, marker?: string): readonly Step[] =>
  diffHost({ host: 'cp-1', resources: wanted }, bareFacts('cp-1', facts), () => [], { marker });

/** Steps as lines: what, and why. */
const lines = (...given: Parameters<typeof steps>): readonly string[] =>
  steps(...given).map((step) => `${describeStep(step)}: ${step.reason}`);

type Case = readonly [name: string, wanted: Resource, facts: Partial<HostFacts>, expected: readonly string[]];

const cases: readonly Case[] = [
  ['directory: missing', directory, {}, [`make directory /etc/dir: ${because}`]],
  [
    'directory: a file is in its place',
    directory,
    file('/etc/dir'),
    ['make directory /etc/dir: it is not a directory'],
  ],
  [
    'directory: mode',
    directory,
    file('/etc/dir', { type: 'directory', mode: 0o755 }),
    ['set mode 0700 and owner root on /etc/dir: mode is 0755 of 0:0, wanted 0700 of 0:0'],
  ],
  ['directory: as wanted', directory, file('/etc/dir', { type: 'directory', mode: 0o700 }), []],
  ['file: missing', config, {}, [`write /etc/config: ${because}`]],
  [
    'file: content',
    config,
    file('/etc/config', { sha256: digestOf('old\n') }),
    ['write /etc/config: its content differs'],
  ],
  [
    'file: content and mode',
    config,
    file('/etc/config', { sha256: 'x', mode: 0 }),
    ['write /etc/config: its content differs'],
  ],
  [
    'file: owner',
    config,
    file('/etc/config', { sha256: digestOf('new\n'), uid: 1000, gid: 100 }),
    ['set mode 0644 and owner root on /etc/config: mode is 0644 of 1000:100, wanted 0644 of 0:0'],
  ],
  [
    'file: a directory is in its place',
    config,
    file('/etc/config', { type: 'directory' }),
    ['write /etc/config: it is not a regular file'],
  ],
  ['file: as wanted', config, file('/etc/config', { sha256: digestOf('new\n') }), []],
  [
    'secret: content',
    secret,
    file('/etc/key', { mode: 0o600, sha256: digestOf('old key') }),
    ['write /etc/key: its content differs (not shown: it holds a key)'],
  ],
  [
    'module: missing',
    { ...node, kind: 'kernel-module', name: 'overlay' },
    {},
    [`load kernel module overlay: ${because}`],
  ],
  ['module: loaded', { ...node, kind: 'kernel-module', name: 'overlay' }, { modules: ['overlay'] }, []],
  ['sysctl: unknown', { ...node, kind: 'sysctl', name: 'a.b', value: '1' }, {}, [`set a.b=1: ${because}`]],
  [
    'sysctl: another value',
    { ...node, kind: 'sysctl', name: 'a.b', value: '1' },
    { sysctls: { 'a.b': '0' } },
    [`set a.b=1: it is 0; ${because}`],
  ],
  [
    'sysctl: as wanted',
    { ...node, kind: 'sysctl', name: 'a.b', value: '1' },
    { sysctls: { 'a.b': '1' } },
    [],
  ],
  ['binary: missing', binary, {}, [`install /usr/local/bin/kubelet (60.0 MB): ${because}`]],
  [
    'binary: another one',
    binary,
    file(binary.path, { mode: 0o755, sha256: 'c'.repeat(64) }),
    ['install /usr/local/bin/kubelet (60.0 MB): the one on the host is not v1.36.3'],
  ],
  [
    'binary: only its mode',
    binary,
    file(binary.path, { mode: 0o700, sha256: binary.sha256 }),
    ['set mode 0755 and owner root on /usr/local/bin/kubelet: mode is 0700 of 0:0, wanted 0755 of 0:0'],
  ],
  ['image: missing', image, {}, [`import registry.k8s.io/pause:3.10 (300 kB): ${because}`]],
  [
    'image: another digest',
    image,
    { images: [{ ref: image.ref, digest: `sha256:${'c'.repeat(64)}`, pinned: true }] },
    [
      'import registry.k8s.io/pause:3.10 (300 kB): the one on the host has another digest, sha256:cccccccccccc',
    ],
  ],
  [
    'image: not pinned',
    image,
    { images: [{ ref: image.ref, digest, pinned: false }], content },
    ['pin registry.k8s.io/pause:3.10 against garbage collection: it is not pinned'],
  ],
  ['image: as wanted', image, { images: [{ ref: image.ref, digest, pinned: true }], content }, []],
  [
    'image: its name is there and a layer is gone',
    image,
    { images: [{ ref: image.ref, digest, pinned: true }], content: content.slice(0, 1) },
    ['import registry.k8s.io/pause:3.10 (299 kB): 1 of its 2 blobs are gone from containerd'],
  ],
  [
    'image: all of it is there but its name',
    image,
    { content },
    [`import registry.k8s.io/pause:3.10 (0 kB): ${because}`],
  ],
  ['pod: missing', pod, kubeletRuns, [`add static pod etcd: ${because}`]],
  ['pod: content, no kubelet', pod, podFile('old\n'), ['add static pod etcd: its content differs']],
  [
    'pod: content, kubelet runs',
    pod,
    { ...podFile('old\n'), ...kubeletRuns },
    ['switch static pod etcd: its content differs'],
  ],
  [
    'pod: another revision runs',
    pod,
    { ...podFile(), ...kubeletRuns, sandboxes: [{ id: 's', revision: undefined, running: true }] },
    ['switch static pod etcd: the pod that runs is not of this revision'],
  ],
  [
    'pod: its sandbox has ended',
    pod,
    { ...podFile(), ...kubeletRuns, sandboxes: [{ id: 's', revision: 'cafe', running: false }] },
    ['switch static pod etcd: the pod that runs is not of this revision'],
  ],
  [
    'pod: mode',
    pod,
    { ...podFile(pod.content, { mode: 0o644 }), ...kubeletRuns, ...sandbox },
    [
      'set mode 0600 and owner root on /etc/kubernetes/manifests/etcd.yaml: mode is 0644 of 0:0, wanted 0600 of 0:0',
    ],
  ],
  [
    'pod: mode, and another revision runs',
    pod,
    { ...podFile(pod.content, { mode: 0o644 }), ...kubeletRuns },
    ['switch static pod etcd: the pod that runs is not of this revision'],
  ],
  ['pod: as wanted', pod, { ...podFile(), ...kubeletRuns, ...sandbox }, []],
];

test.each(cases)('%s', (_name, wanted, facts, expected) => {
  expect(lines([wanted], facts)).toEqual(expected);
});

describe('certificates', () => {
  const certificate: Resource = {
    because,
    phase: 'certificates',
    kind: 'certificate',
    name: 'apiserver',
    path: '/pki/a.crt',
    mode: 0o644,
    pem: 'ours',
    key: { path: '/pki/a.key', mode: 0o600, pem: new Secret('our key') },
  };
  const both = (
    pem: string,
    key: string | undefined,
    rest: Partial<FileFact> = {},
  ): Pick<HostFacts, 'files'> => ({
    files: {
      ...file('/pki/a.crt', { sha256: digestOf(pem), content: pem, ...rest }).files,
      ...(key === undefined ? {} : file('/pki/a.key', { sha256: digestOf(key), mode: 0o600 }).files),
    },
  });
  const judged = (facts: Partial<HostFacts>, problems: readonly string[] = []) =>
    diffHost({ host: 'cp-1', resources: [certificate] }, bareFacts('cp-1', facts), () => problems, {
      marker: undefined,
    }).map((step) => `${describeStep(step)}: ${step.reason}`);
  const written = (reason: string) => [`write /pki/a.key: ${reason}`, `write /pki/a.crt: ${reason}`];

  test.each<readonly [string, Partial<HostFacts>, readonly string[], readonly string[]]>([
    ['missing', {}, [], written(because)],
    ['the very bytes', both('ours', 'our key'), ['never asked'], []],
    ['other bytes that will do', both('theirs', 'our key'), [], []],
    [
      'judged',
      both('theirs', 'our key'),
      ['it ends soon', 'a name is missing'],
      written('it ends soon; a name is missing'),
    ],
    [
      'another key',
      both('ours', 'their key'),
      [],
      written('the key on the host is not the one that belongs to it'),
    ],
    ['no key', both('ours', undefined), [], written('its key is missing')],
    [
      'a directory in its place',
      both('x', 'our key', { content: undefined } as never),
      [],
      written('it is not a readable file'),
    ],
    [
      'mode',
      both('ours', 'our key', { mode: 0o666 }),
      [],
      ['set mode 0644 and owner root on /pki/a.crt: mode is 0666 of 0:0, wanted 0644 of 0:0'],
    ],
  ])('%s', (_name, facts, problems, expected) => {
    expect(judged(facts, problems)).toEqual(expected);
  });
});

describe('units', () => {
  const unitFile: Resource = {
    ...node,
    kind: 'file',
    path: '/etc/systemd/system/containerd.service',
    mode: 0o644,
    content: '[Unit]',
  };
  const runtime: Resource = {
    ...node,
    kind: 'unit',
    name: 'containerd.service',
    restartOn: [unitFile.path, config.path],
  };
  const runs = (active: string, enabled = 'enabled') => ({
    units: { 'containerd.service': { active, enabled } },
  });
  const asWanted = { ...file(config.path, { sha256: digestOf('new\n') }) };

  test('is enabled and started where there is none', () => {
    expect(lines([runtime], {})).toEqual([
      `enable containerd.service: ${because}`,
      `start containerd.service: ${because}`,
    ]);
  });

  test('is left alone where it runs and nothing below it changes', () => {
    expect(lines([config, runtime], { ...runs('active'), ...asWanted })).toEqual([]);
    expect(lines([config, runtime], { ...runs('activating'), ...asWanted })).toEqual([]);
  });

  test('is started again where it failed, without a restart beside it', () => {
    expect(lines([config, runtime], runs('failed'))).toEqual([
      `write /etc/config: ${because}`,
      `start containerd.service: ${because}`,
    ]);
  });

  test('is restarted because of each path that changes before it', () => {
    expect(lines([config, unitFile, runtime], runs('active'))).toEqual([
      `write /etc/config: ${because}`,
      `write /etc/systemd/system/containerd.service: ${because}`,
      'reload systemd units: the unit file of containerd.service changes',
      'restart containerd.service: /etc/config, /etc/systemd/system/containerd.service changes',
    ]);
  });

  test('is read and restarted where systemd has not read its file again', () => {
    const unread = { 'containerd.service': { active: 'active', enabled: 'enabled', stale: true } };
    expect(lines([config, runtime], { units: unread, ...asWanted })).toEqual([
      'reload systemd units: systemd has not reloaded the unit file of containerd.service',
      'restart containerd.service: its unit file has changed since',
    ]);
  });

  test('is restarted where a run wrote a file of it and did not live to restart it', () => {
    const units = {
      'containerd.service': {
        active: 'active',
        enabled: 'enabled',
        rewritten: [config.path],
        outdated: true,
      },
    };
    expect(lines([config, runtime], { units, ...asWanted })).toEqual([
      'restart containerd.service: /etc/config was written after it started',
    ]);
    expect(lines([config, unitFile, runtime], { units, ...asWanted }).slice(1)).toEqual([
      'reload systemd units: the unit file of containerd.service changes',
      'restart containerd.service: /etc/systemd/system/containerd.service changes',
    ]);
  });

  test('is restarted where its program was replaced since it started', () => {
    const units = { 'containerd.service': { active: 'active', enabled: 'enabled', outdated: true } };
    expect(lines([config, runtime], { units, ...asWanted })).toEqual([
      'restart containerd.service: the program that runs is not the one on the disk',
    ]);
  });

  test('is not restarted for what it does not depend on', () => {
    expect(lines([directory, { ...runtime, restartOn: ['/etc/other'] }], runs('active'))).toEqual([
      `make directory /etc/dir: ${because}`,
    ]);
  });

  const kubelet: Resource = {
    because,
    phase: 'control-plane',
    kind: 'unit',
    name: 'kubelet.service',
    restartOn: [config.path],
  };

  test('manifests lie there before the kubelet starts', () => {
    expect(lines([pod, config, kubelet], {}, '/var/lib/etcd/marker')).toEqual([
      `write /etc/config: ${because}`,
      `enable kubelet.service: ${because}`,
      'let etcd start with an empty data directory: this etcd member is new',
      `add static pod etcd: ${because}`,
      `start kubelet.service: ${because}`,
    ]);
  });

  test('manifests change after the kubelet was restarted, never while it restarts', () => {
    expect(lines([pod, config, kubelet], { ...podFile('old\n'), ...kubeletRuns })).toEqual([
      `write /etc/config: ${because}`,
      'restart kubelet.service: /etc/config changes',
      'switch static pod etcd: its content differs',
    ]);
  });
});

describe('a kubelet of another minor version restarts every static pod', () => {
  const kubelet: Resource = {
    because,
    phase: 'control-plane',
    kind: 'unit',
    name: 'kubelet.service',
    restartOn: [binary.path],
  };
  const wanted = [{ ...binary, version: 'v1.37.2' }, pod, kubelet];
  const asWanted = { ...podFile().files, ...file(binary.path, { mode: 0o755, sha256: binary.sha256 }).files };
  const earlier = { ...podFile().files, ...file(binary.path, { mode: 0o755, sha256: 'e'.repeat(64) }).files };
  const installed = [
    'install /usr/local/bin/kubelet (60.0 MB): the one on the host is not v1.37.2',
    'restart kubelet.service: /usr/local/bin/kubelet changes',
  ];
  const restarted = ['restart kubelet.service: the program that runs is not the one on the disk'];
  const switched = ['switch static pod etcd: a kubelet of another minor version restarts every static pod'];
  const outdated = { 'kubelet.service': { active: 'active', enabled: 'enabled', outdated: true } };
  const down = { 'kubelet.service': { active: 'failed', enabled: 'enabled' } };

  test.each<readonly [string, Partial<HostFacts>, readonly string[]]>([
    [
      'the minor below: a manifest that stays is switched',
      { files: earlier, ...kubeletRuns, kubeletVersion: 'v1.36.3' },
      [...installed, ...switched],
    ],
    [
      'the minor above, as when an upgrade is taken back',
      { files: earlier, ...kubeletRuns, kubeletVersion: 'v1.38.0' },
      [...installed, ...switched],
    ],
    ['another patch release', { files: earlier, ...kubeletRuns, kubeletVersion: 'v1.37.1' }, installed],
    [
      'the minor below, of which only the process is left: a run was cut off',
      { files: asWanted, units: outdated, runningKubelet: 'v1.36.3' },
      [...restarted, ...switched],
    ],
    [
      'another patch release, of which only the process is left',
      { files: asWanted, units: outdated, runningKubelet: 'v1.37.1' },
      restarted,
    ],
    [
      'the minor below, which is on the disk but does not run',
      { files: earlier, units: down, kubeletVersion: 'v1.36.3' },
      [installed[0]!, `start kubelet.service: ${because}`],
    ],
    ['the same', { files: asWanted, ...kubeletRuns }, []],
  ])('%s', (_name, facts, expected) => {
    expect(lines(wanted, { ...sandbox, ...facts })).toEqual(expected);
  });
});

test('a birth that was marked is not marked again', () => {
  expect(lines([], { etcdMarkers: ['marker'] }, '/var/lib/etcd/marker')).toEqual([]);
  expect(lines([], {}, '/var/lib/etcd/marker')).toHaveLength(1);
});

test('diffs show text, and never a secret', () => {
  const old = file('/etc/config', { sha256: digestOf('old\n'), content: 'old\n' });
  expect(steps([config], old)[0]!.diff).toContain('-old\n+new');
  const key = file('/etc/key', { mode: 0o600, sha256: digestOf('old key'), content: 'old key' });
  expect(steps([secret], key)[0]!.diff).toBeUndefined();
  expect(JSON.stringify(steps([secret], key))).not.toContain('key content');
});

test('who may read a file is mended without a restart, and without systemd reading units again', () => {
  const [configPath, unitPath] = ['/etc/containerd/config.toml', '/etc/systemd/system/containerd.service'];
  const text = 'password = "x"\n';
  const files = [configPath, unitPath].map(
    (path): Resource => ({ ...node, kind: 'file', path, mode: 0o600, content: text }),
  );
  const unit: Resource = {
    ...node,
    kind: 'unit',
    name: 'containerd.service',
    restartOn: [configPath, unitPath],
  };
  const facts = {
    files: {
      ...file(configPath, { sha256: digestOf(text) }).files,
      ...file(unitPath, { sha256: digestOf(text) }).files,
    },
    units: { 'containerd.service': { active: 'active', enabled: 'enabled' } },
  };
  expect(lines([...files, unit], facts)).toEqual([
    `set mode 0600 and owner root on ${configPath}: mode is 0644 of 0:0, wanted 0600 of 0:0`,
    `set mode 0600 and owner root on ${unitPath}: mode is 0644 of 0:0, wanted 0600 of 0:0`,
  ]);
});

describe('etcd’s data', () => {
  const owner = { uid: 115, gid: 121 };
  const data: Resource = { ...node, kind: 'directory', path: '/var/lib/etcd', mode: 0o700, owner };
  const { owner: _, ...ofRoot } = data;
  const folder = (mode: number, of = { uid: 0, gid: 0 }) =>
    file('/var/lib/etcd', { type: 'directory', mode, ...of }).files;
  const told = (wanted: readonly Resource[], files: HostFacts['files'], rest: Partial<HostFacts> = {}) =>
    diffHost(
      { host: 'cp-1', resources: wanted },
      bareFacts('cp-1', { ...kubeletRuns, ...sandbox, ...rest, files }),
      () => [],
      { marker: undefined, dataDir: '/var/lib/etcd' },
    ).map(describeStep);
  const before = podFile('old manifest\n').files;
  const after = podFile().files;

  test('gets its owner with the pod, and never before it', () => {
    expect(told([data, pod], { ...before, ...folder(0o700) })).toEqual(['switch static pod etcd']);
    expect(told([ofRoot, pod], { ...before, ...folder(0o700, owner) })).toEqual(['switch static pod etcd']);
  });

  test('keeps its owner where its mode changes at the same time', () => {
    expect(told([ofRoot, pod], { ...before, ...folder(0o755, owner) })).toEqual([
      'set mode 0700 and owner 115:121 on /var/lib/etcd',
      'switch static pod etcd',
    ]);
  });

  test('comes back to the user of a pod that stays, all of it', () => {
    expect(told([data, pod], { ...after, ...folder(0o700, owner) })).toEqual([]);
    expect(told([data, pod], { ...after, ...folder(0o700) })).toEqual([
      'give /var/lib/etcd and what is in it to 115:121',
    ]);
    const database = file('/var/lib/etcd/member/snap/db').files;
    expect(told([data, pod], { ...after, ...folder(0o700, owner), ...database })).toEqual([
      'give /var/lib/etcd and what is in it to 115:121',
    ]);
    expect(told([ofRoot, pod], { ...after, ...folder(0o700, owner) })).toEqual([
      'set mode 0700 and owner root on /var/lib/etcd',
    ]);
  });

  test('is another user’s from its birth on', () => {
    const marker = '/var/lib/etcd/member/podstrap-new-0123abcd';
    const born = diffHost({ host: 'cp-1', resources: [data, pod] }, bareFacts('cp-1'), () => [], {
      marker,
      dataDir: '/var/lib/etcd',
    });
    expect(born.map(({ action }) => action)).toContainEqual({ do: 'mark-etcd-birth', path: marker, owner });
  });

  test('and the copies of etcd’s pairs go after the pod that reads them', () => {
    const path = '/etc/kubernetes/etcd/peer.key';
    const gone = diffHost(
      { host: 'cp-1', resources: [ofRoot] },
      bareFacts('cp-1', { files: folder(0o700), applied: { [path]: 'a'.repeat(64) } }),
      () => [],
      { marker: undefined, dataDir: '/var/lib/etcd' },
    );
    expect(gone.map(({ phase, action }) => ({ phase, action }))).toEqual([
      { phase: 'control-plane', action: { do: 'remove-file', path, reader: 'etcd' } },
    ]);
  });
});
