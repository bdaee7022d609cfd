import { expect, test } from 'vitest';
import { parseVersion } from '../../src/kubernetes/version.js';
import { release } from '../../src/kubernetes/versions.js';
import type { Running } from '../../src/observed/running.js';
import { judgeUpgrade } from '../../src/plan/refuse/judge-upgrade.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';

/** API server, etcd and kubelet of a host; for a worker only the kubelet. */
type Host = readonly [server: string, etcd: string, kubelet: string] | readonly [kubelet: string];

const hostNames = ['cp-1', 'cp-2', 'cp-3', 'w-1'];
const version = (text: string) => parseVersion(text)!;
const runningOf = (host: Host): Running =>
  host.length === 1
    ? { components: {}, kubelet: version(host[0]) }
    : {
        components: { 'kube-apiserver': version(host[0]), etcd: version(host[1]) },
        kubelet: version(host[2]),
      };

interface Case {
  readonly wanted: string;
  readonly etcdTag?: string;
  readonly hosts: readonly Host[];
  readonly down?: boolean;
  readonly said: readonly string[];
}

const old: Host = ['v1.36.3', '3.6.16', 'v1.36.3'];
const next: Host = ['v1.37.2', '3.7.3', 'v1.37.2'];

const cases: Readonly<Record<string, Case>> = {
  'the same version': { wanted: 'v1.36.3', hosts: [old, old, old, ['v1.36.3']], said: [] },
  'a patch up': { wanted: 'v1.36.4', hosts: [old, old, old, ['v1.36.3']], said: [] },
  'a patch down, as kubeadm allows': { wanted: 'v1.36.1', hosts: [old, old, old], said: [] },
  'a minor up by who never set a tag of etcd': {
    wanted: 'v1.37.2',
    hosts: [['v1.36.3', release('v1.36.3').tags.etcd, 'v1.36.3']],
    said: [],
  },
  'a minor up': { wanted: 'v1.37.2', hosts: [old, old, old, ['v1.36.3']], said: [] },
  'an interrupted upgrade goes on': { wanted: 'v1.37.2', hosts: [next, old, old, ['v1.36.3']], said: [] },
  'an interrupted upgrade is taken back': { wanted: 'v1.36.3', hosts: [next, old, old], said: [] },
  'a finished upgrade is not': {
    wanted: 'v1.36.3',
    hosts: [next, next, next],
    said: [
      'cp-1: kube-apiserver runs v1.37.2; v1.36.3 would be a downgrade by a minor',
      'cp-2: kube-apiserver runs v1.37.2; v1.36.3 would be a downgrade by a minor',
      'cp-3: kube-apiserver runs v1.37.2; v1.36.3 would be a downgrade by a minor',
      'cp-1: every etcd member runs 3.7.3 or newer; 3.6.11-0 would be a downgrade of etcd',
    ],
  },
  'a finished etcd stays, where the API servers go back': {
    wanted: 'v1.36.3',
    etcdTag: '3.7.0-0',
    hosts: [
      ['v1.37.2', '3.7.3', 'v1.37.2'],
      ['v1.36.3', '3.7.3', 'v1.36.3'],
    ],
    said: [],
  },
  'a minor skipped': {
    wanted: 'v1.37.2',
    etcdTag: '3.6.16-0',
    hosts: [['v1.35.4', '3.6.16', 'v1.35.4']],
    said: ['cp-1: kube-apiserver runs v1.35.4; v1.37.2 skips v1.36'],
  },
  'an etcd minor skipped': {
    wanted: 'v1.37.2',
    hosts: [['v1.36.3', '3.5.26', 'v1.36.3']],
    said: ['cp-1: etcd runs 3.5.26; 3.7.0-0 skips a minor'],
  },
  'an etcd that is too early for the step': {
    wanted: 'v1.37.2',
    hosts: [
      ['v1.36.3', '3.6.16', 'v1.36.3'],
      ['v1.36.3', '3.6.8', 'v1.36.3'],
    ],
    said: ['cp-2: etcd runs 3.6.8; a rolling upgrade to 3.7 wants every member at 3.6.11 or later'],
  },
  'an image of etcd that names no version': {
    wanted: 'v1.37.2',
    etcdTag: 'ours',
    hosts: [['v1.36.3', '3.5.9', 'v1.36.3']],
    said: [],
  },
  'a kubelet three minors behind is served': {
    wanted: 'v1.37.2',
    hosts: [old, old, old, ['v1.34.4']],
    said: [],
  },
  'a kubelet four minors behind is not': {
    wanted: 'v1.37.2',
    hosts: [old, old, old, ['v1.33.2']],
    said: ['w-1: its kubelet is v1.33.2, more than 3 minors behind v1.37.2'],
  },
  'a kubelet that somebody put ahead': {
    wanted: 'v1.36.3',
    hosts: [old, old, old, ['v1.37.0']],
    said: ['w-1: its kubelet is v1.37.0, newer than every API server'],
  },
  'an upgrade of what does not run': {
    wanted: 'v1.37.2',
    hosts: [old],
    down: true,
    said: ['cp-1: etcd has no quorum, and kube-apiserver of v1.36.3 is to become v1.37.2'],
  },
  'an upgrade that a power cut has interrupted': {
    wanted: 'v1.37.2',
    hosts: [next, old],
    down: true,
    said: [],
  },
  'a cluster that is not there yet': { wanted: 'v1.37.2', hosts: [], said: [] },
};

test.each(Object.entries(cases))('%s', (_, { wanted, etcdTag, hosts, down = false, said }) => {
  const inventory = inventoryOf({
    kubernetesVersion: wanted,
    hosts: [controlPlane(1), controlPlane(2), controlPlane(3), worker(1)],
    ...(etcdTag === undefined ? {} : { etcd: { local: { imageTag: etcdTag } } }),
  });
  const running = new Map(hosts.map((host, index) => [hostNames[index]!, runningOf(host)]));
  const failures = judgeUpgrade({ inventory, running, etcd: undefined, situation: down ? 'down' : 'live' });
  expect(failures.map(({ where, said: text }) => `${where.host}: ${text}`)).toEqual(
    said.map((line) => expect.stringContaining(line)),
  );
  for (const { kind, next: way } of failures) {
    expect(kind).toBe('refused');
    expect(way).toContain('Nothing was changed.');
  }
});
