import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultControls } from '../../src/practice/fault-controls.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
let faults: FaultControls;
beforeAll(async () => {
  world = await startWorld(1);
  faults = world.site.faults('cp-1');
});
afterEach(() => world.reset());
afterAll(() => world.close());

const onHost = (path: string): string => join(world.site.host('cp-1').root, path);
const manifests = (): readonly string[] => {
  const folder = onHost('/etc/kubernetes/manifests');
  return existsSync(folder) ? readdirSync(folder) : [];
};

interface Mishap {
  readonly sentence: string;
  readonly arrange: () => unknown;
  readonly code: number;
  readonly says: readonly (string | RegExp)[];
  /** Names that must not exist after it: what was not finished has no final name. */
  readonly absent: readonly string[];
}

const mishaps: readonly Mishap[] = [
  {
    // The first two are those of the looks at the host.
    sentence: 'the connection is cut before what was sent is verified',
    arrange: () => faults.strikeAtCommand('cut', 'sha256sum', 3),
    code: 1,
    says: ['cp-1', /connection/i, '→'],
    absent: ['/usr/local/bin/kubelet', '/etc/kubernetes/pki/ca.crt'],
  },
  {
    sentence: 'the connection is cut in the middle of an apply',
    arrange: () => faults.strikeAtCommand('cut', 'mv', 24),
    code: 1,
    says: ['cp-1', /connection/i, '→'],
    absent: [],
  },
  {
    sentence: 'the power is cut in the middle of an apply',
    arrange: () => faults.strikeAtCommand('power', 'mv', 24),
    code: 1,
    says: ['cp-1', '→'],
    absent: [],
  },
  {
    sentence: 'others fill the disk meanwhile',
    arrange: () => faults.fullDisk(20_000, { unseen: true }),
    code: 1,
    says: ['cp-1', 'No space left on device', '→'],
    absent: ['/etc/kubernetes/pki/ca.crt'],
  },
];

describe('what goes wrong midway leaves nothing half done:', () => {
  it.for(mishaps)('$sentence', async ({ arrange, code, says, absent }) => {
    await arrange();
    const ended = await world.up();
    faults.clear();
    await world.site.powerOn('cp-1').catch(() => undefined);
    expectEnd(ended, code, ...says);
    expect(absent.filter((path) => existsSync(onHost(path)))).toEqual([]);
    expect(manifests()).toEqual([]);
    await world.converge();
  });
});

it('a control plane that never gets ready: the report shows kubelet, runtime and container', async () => {
  const back = await world.edit((spec) => {
    spec.timeouts.controlPlaneComponentHealthCheck = '3s';
  });
  faults.component('kube-scheduler', { neverReady: true });
  expectEnd(
    await world.up(),
    1,
    'cp-1 · verify: Waiting for the host’s control plane',
    'still missing: kube-scheduler:',
    /kubelet/,
    /container/i,
    '→ Read what the components say above',
  );
  faults.clear();
  await back();
  await world.converge();
});
