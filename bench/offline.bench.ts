import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'vitest';
import type { RunEvent } from '../src/events.js';
import { directoryContent, inventoryMirrors, startUpstream } from '../src/practice/upstream/upstream.js';
import { output } from '../test/lab/command.js';
import { type Lab, type LabHost, startLab } from '../test/lab/hosts.js';
import { kubeadmInit, prepareForKubeadm, wantedImages } from '../test/lab/kubeadm.js';
import { must, newOperator } from '../test/lab/operator.js';
import { settingsFrom } from '../test/lab/settings.js';
import { timeouts, upArguments } from './lab-ground.js';
import { measurePodstrap, type Usage } from './measure-podstrap.js';
import { median } from './median.js';
import { stopwatch } from './stopwatch.js';
import { writeResults } from './write-results.js';

const rounds = Number(process.env.BENCH_RUNS ?? 3);

test('a bundle on a fresh host, against the same steps by hand', async () => {
  const settings = settingsFrom({ LAB_BRIDGE: 'psbr2', LAB_SUBNET: '10.77.2', ...process.env });
  const named = (prefix: string, count: number, from: number): LabHost[] =>
    Array.from({ length: count }, (_, at) => ({
      name: `${prefix}-${at + 1}`,
      ip: `${settings.subnet}.${from + at + 1}`,
    }));
  const [ours, theirs] = named('fresh', 2, 30);
  const settled = named('settled', 3, 40);
  const dist = join(settings.home, 'dist');
  const upstream = await startUpstream(await directoryContent({ dist }));
  const scratch = await mkdtemp(join(tmpdir(), 'podstrap-bench-offline-'));
  const lab = await startLab({ hosts: [ours!, theirs!, ...settled], settings });
  const bundle = join(scratch, 'lab.tar');
  const runs: Runs = { byHand: [], up: [], again: [], againOnThree: [], artifactsOfThree: [] };
  try {
    await makeBundle(
      lab,
      { ...inventoryMirrors(upstream.url), cacheDirectory: join(scratch, 'cache') },
      bundle,
    );
    for (let round = 0; round < rounds; round++) {
      await lab.fresh(ours!.name, theirs!.name);
      runs.byHand.push(await byHand(lab, theirs!.name, dist));
      await lab.powerCut(theirs!.name);
      const operator = await newOperator(lab, {});
      await operator.write({ hosts: [ours!], spec: { timeouts } });
      runs.up.push(await measurePodstrap(operator.directory, [...upArguments, '--bundle', bundle]));
      runs.again.push(await measurePodstrap(operator.directory, [...upArguments, '--bundle', bundle]));
      await operator.leave();
    }
    await lab.powerCut(ours!.name);
    await onThree(lab, settled, bundle, runs);
    await report(runs);
  } finally {
    await lab.down();
    await upstream.close();
    await rm(scratch, { recursive: true, force: true });
  }
});

async function makeBundle(
  lab: Lab,
  artifacts: Readonly<Record<string, unknown>>,
  out: string,
): Promise<void> {
  const online = await newOperator(lab, artifacts);
  await online.write({});
  await must(online.podstrap(['bundle', 'create', '--arch', 'amd64', '--out', out]));
  await online.leave();
}

/** What a careful person types: copy the files, import the images, `kubeadm init`. Configuration is there beforehand. */
async function byHand(lab: Lab, host: string, dist: string): Promise<number> {
  await prepareForKubeadm(lab, host);
  await lab.read(
    host,
    'ctr -n k8s.io images rm --sync $(ctr -n k8s.io images ls -q) >/dev/null; mkdir /root/carried',
  );
  const { kubernetesVersion } = lab.settings;
  const images = await wantedImages(dist, kubernetesVersion);
  const folders = (await readdir(dist)).filter((name) =>
    /^(containerd|ctr|runc|bridge|loopback|host-local|portmap)/.test(name),
  );
  const binaries = ['kubeadm', 'kubelet', 'kubectl'].map((name) =>
    join(dist, `kubernetes-${kubernetesVersion}`, name),
  );
  const files = [...binaries, ...folders.map((name) => join(dist, name)), ...images];
  const { ip } = lab.hosts.find(({ name }) => name === host)!;
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes'];
  const flags = ['-q', '-r', '-F', 'none', '-i', lab.identityFile, ...options.flatMap((one) => ['-o', one])];
  const seconds = stopwatch();
  await output('scp', [...flags, ...files, `root@${ip}:/root/carried/`]);
  for (const image of images)
    await lab.read(host, `ctr -n k8s.io images import /root/carried/${basename(image)} >/dev/null`);
  await kubeadmInit(lab, host);
  return seconds();
}

/** A cluster that has everything: what another run of the same bundle costs. */
async function onThree(lab: Lab, hosts: readonly LabHost[], bundle: string, runs: Runs): Promise<void> {
  const operator = await newOperator(lab, {});
  try {
    await operator.write({ hosts, spec: { timeouts } });
    await must(operator.up('--bundle', bundle));
    for (let round = 0; round < rounds; round++) {
      runs.againOnThree.push(await measurePodstrap(operator.directory, [...upArguments, '--bundle', bundle]));
      runs.artifactsOfThree.push(await secondsOfLooking(operator.directory));
    }
  } finally {
    await operator.leave();
  }
}

/**
 * Seconds in which the last run looked at the hosts and compared, while it verified the bundle, which it had begun when it
 * connected. The artifacts' part is a part of that: the hosts are looked at for everything at once.
 */
async function secondsOfLooking(directory: string): Promise<number> {
  const state = join(directory, '.podstrap');
  const [cluster] = await readdir(state);
  const journals = (await readdir(join(state, cluster!, 'runs'))).sort();
  const journal = await readFile(join(state, cluster!, 'runs', journals.at(-1)!), 'utf8');
  for (const line of journal.trim().split('\n')) {
    const event: RunEvent = JSON.parse(line);
    if (event.event === 'stage' && event.stage === 'look' && event.state === 'finished')
      return event.seconds!;
  }
  throw new Error(`the run has not looked at the hosts:\n${journal}`);
}

interface Runs {
  readonly byHand: number[];
  readonly up: Usage[];
  /** The same command once more, on that host. */
  readonly again: Usage[];
  readonly againOnThree: Usage[];
  readonly artifactsOfThree: number[];
}

async function report(runs: Runs): Promise<void> {
  const wall = (usages: readonly Usage[]) => median(usages.map(({ wallSeconds }) => wallSeconds));
  const rss = (usages: readonly Usage[]) => median(usages.map(({ rssMegabytes }) => rssMegabytes));
  const [up, byHand] = [wall(runs.up), median(runs.byHand)];
  const [again, artifacts] = [wall(runs.againOnThree), median(runs.artifactsOfThree)];
  const above = rss(runs.up) - rss(runs.again);
  await writeResults({
    suite: 'offline',
    about: `One control plane on a fresh lab host from a bundle, against the same by hand: \`scp\` of the same files, \`ctr images import\`, \`kubeadm init\`; and the same bundle once more on three control planes that have everything (median of ${rounds}).`,
    columns: ['', 'Measured', 'Wanted'],
    rows: [
      ['by hand', `${byHand.toFixed(1)} s`, ''],
      ['`up --bundle`', `${up.toFixed(1)} s, ${(up / byHand).toFixed(2)} x`, 'at most 0.9 x'],
      ['memory beyond that of a run with nothing to send', `${above.toFixed(0)} MB`, 'at most 200 MB'],
      ['three control planes, nothing to send: the whole run', `${again.toFixed(2)} s`, ''],
      ['of which verifying the bundle and looking at the hosts', `${artifacts.toFixed(2)} s`, 'under 1 s'],
    ],
    figures: { runs, medians: { byHand, up, again, artifacts, memoryAbove: above } },
  });
}
