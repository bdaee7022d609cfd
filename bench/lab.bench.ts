import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { directoryContent, inventoryMirrors, startUpstream } from '../src/practice/upstream.js';
import { output } from '../test/lab/command.js';
import { type Lab, type LabHost, startLab } from '../test/lab/hosts.js';
import { kubeadmInit, kubeadmJoin, prepareForKubeadm } from '../test/lab/kubeadm.js';
import { newOperator, type Operator } from '../test/lab/operator.js';
import { beside, settingsFrom } from '../test/lab/settings.js';
import { changeFlagInPlace } from './kubeadm-flag.js';
import { backToPrepared, prepareForPodstrap } from './lab-hosts.js';
import { type Measured, reportLab } from './lab-report.js';
import { measurePodstrap } from './measure-podstrap.js';
import { stopwatch } from './stopwatch.js';

const rounds = Number(process.env.BENCH_RUNS ?? 3);
// A bridge of its own, so that tests on the lab's other bridges lose nothing.
const settings = settingsFrom({ LAB_BRIDGE: 'psbr2', LAB_SUBNET: '10.77.2', ...process.env });
const named = (prefix: string, from: number) =>
  [1, 2, 3].map((n) => ({ name: `${prefix}-${n}`, ip: `${settings.subnet}.${from + n}` }));
const ours = named('ours', 10);
const theirs = named('theirs', 20);
const upArguments = ['up', '--yes', '--accept-new-host-keys'];

let lab: Lab;
let artifacts: Readonly<Record<string, unknown>>;
let cache: string;
let upstream: { readonly url: string; close(): Promise<void> };

beforeAll(async () => {
  await output(beside('build'), [settings.kubernetesVersion], { environment: { LAB_HOME: settings.home } });
  upstream = await startUpstream(await directoryContent({ dist: join(settings.home, 'dist') }));
  cache = await mkdtemp(join(tmpdir(), 'podstrap-bench-cache-'));
  artifacts = { ...inventoryMirrors(upstream.url), cacheDirectory: cache };
  lab = await startLab({ hosts: [...ours, ...theirs], settings });
  await withOperator(3, prepareForPodstrap);
  for (const { name } of theirs) await prepareForKubeadm(lab, name);
  await clean(ours);
  await clean(theirs);
  await turnOff(theirs);
});

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  // The hosts go away with the test; what their kubelets said last is why it failed, as a rule.
  for (const { name } of lab.hosts) {
    const { stdout } = await lab.exec(name, 'journalctl -u kubelet --no-pager -o cat -n 12 | cut -c1-300');
    process.stderr.write(`\n${name}\n${stdout}`);
  }
});

afterAll(async () => {
  await lab?.down();
  await upstream?.close();
  if (cache !== undefined) await rm(cache, { recursive: true, force: true });
});

test('control planes of the same build, artifacts in place', async () => {
  const measured: Measured = { one: [], three: [], flag: [], plan: [], init: [], joined: [], inPlace: [] };
  for (let round = 0; round < rounds; round++) {
    const last = round === rounds - 1;
    await withOperator(1, async ({ directory }) => {
      measured.one.push((await measurePodstrap(directory, upArguments)).wallSeconds);
    });
    await clean(ours);
    await withOperator(3, async (operator) => {
      measured.three.push((await measurePodstrap(operator.directory, upArguments)).wallSeconds);
      if (last) await changesOnLiveCluster(operator, measured);
    });
    await clean(ours);
    await turnOff(ours);
    await turnOn(theirs);
    await kubeadm(measured);
    if (last) measured.inPlace.push(await timed(inPlace));
    await clean(theirs);
    await turnOff(theirs);
    await turnOn(ours);
  }
  await reportLab(measured);
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const seconds = stopwatch();
  await work();
  return seconds();
}

/** An operator who has nothing but the inventory: keys are made in the measured time, as kubeadm makes them. */
async function withOperator(size: number, work: (operator: Operator) => Promise<void>): Promise<void> {
  const operator = await newOperator(lab, artifacts);
  try {
    await operator.write({ hosts: ours.slice(0, size), ...watchNothing });
    await work(operator);
  } finally {
    await operator.leave();
  }
}

/** Both sides stop at "ready": kubeadm does not watch what it changed. */
const timeouts = { watchAfterChange: '0s' };
const watchNothing = { spec: { timeouts } };

async function clean(hosts: readonly LabHost[]): Promise<void> {
  await Promise.all(hosts.map(({ name }) => backToPrepared(lab, name)));
}

/** Only one side's hosts are on: the other's would take processor time, and inotify instances of the one kernel. */
async function turnOff(hosts: readonly LabHost[]): Promise<void> {
  for (const { name } of hosts) await lab.powerCut(name);
}

/** Hosts that are as they were prepared: booting starts containerd, and a kubelet without any configuration. */
async function turnOn(hosts: readonly LabHost[]): Promise<void> {
  for (const { name } of hosts) await lab.start(name);
  await clean(hosts);
}

async function changesOnLiveCluster({ directory, write }: Operator, measured: Measured): Promise<void> {
  for (let run = 0; run < rounds; run++)
    measured.plan.push((await measurePodstrap(directory, ['plan'])).wallSeconds);
  // Once, as on the other side: restarting three API servers one by one takes long.
  const extraArgs = [{ name: 'max-requests-inflight', value: '401' }];
  await write({ hosts: ours, spec: { timeouts, apiServer: { extraArgs } } });
  measured.flag.push((await measurePodstrap(directory, upArguments)).wallSeconds);
}

async function kubeadm({ init, joined }: Measured): Promise<void> {
  // Both get their kubeconfig in the measured time: kubeadm leaves it on the host, whence it is fetched here.
  const seconds = stopwatch();
  const [first, ...others] = theirs.map(({ name }) => name) as [string, ...string[]];
  const ticket = await kubeadmInit(lab, first);
  await copyFile(lab.path(first, '/etc/kubernetes/admin.conf'), join(cache, 'admin.conf'));
  init.push(seconds());
  for (const host of others) await kubeadmJoin(lab, host, ticket);
  joined.push(seconds());
}

async function inPlace(): Promise<void> {
  for (const { name } of theirs) await changeFlagInPlace(lab, name, '--max-requests-inflight=401');
}
