import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'vitest';
import { bundleArtifacts } from '../src/bundle/file/open-bundle.js';
import { verifyBundle } from '../src/bundle/file/verify-bundle.js';
import { readInventory } from '../src/inventory/read-inventory.js';
import { directoryContent, inventoryMirrors, startUpstream } from '../src/practice/upstream.js';
import { output } from '../test/lab/command.js';
import { type Lab, startLab } from '../test/lab/hosts.js';
import { kubeadmInit, prepareForKubeadm, wantedImages } from '../test/lab/kubeadm.js';
import { must, newOperator } from '../test/lab/operator.js';
import { settingsFrom } from '../test/lab/settings.js';
import { timeouts, upArguments } from './lab-ground.js';
import { measurePodstrap, type Usage } from './measure-podstrap.js';
import { median } from './median.js';
import { stopwatch } from './stopwatch.js';
import { writeResults } from './write-results.js';

const rounds = Number(process.env.BENCH_RUNS ?? 3);

test('a bundle on a fresh host, against the same by hand', async () => {
  const settings = settingsFrom({ LAB_BRIDGE: 'psbr2', LAB_SUBNET: '10.77.2', ...process.env });
  const [ours, theirs] = [1, 2].map((n) => ({ name: `fresh-${n}`, ip: `${settings.subnet}.${30 + n}` }));
  const dist = join(settings.home, 'dist');
  const upstream = await startUpstream(await directoryContent({ dist }));
  const scratch = await mkdtemp(join(tmpdir(), 'podstrap-bench-offline-'));
  const lab = await startLab({ hosts: [ours!, theirs!], settings });
  const bundle = join(scratch, 'lab.tar');
  const runs = { up: [] as Usage[], again: [] as Usage[], opened: [] as number[], byHand: [] as number[] };
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
      runs.opened.push(await artifactsPart(join(operator.directory, 'cluster.yaml'), bundle));
      await operator.leave();
    }
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

/** Seconds that a run spends on artifacts when nothing is to be sent: verifying the bundle and finding all in it. */
async function artifactsPart(file: string, bundle: string): Promise<number> {
  const { inventory } = await readInventory(file, { environment: {} });
  const seconds = stopwatch();
  bundleArtifacts(await verifyBundle(bundle), inventory, ['amd64']);
  return seconds();
}

async function report(runs: {
  readonly up: readonly Usage[];
  readonly again: readonly Usage[];
  readonly opened: readonly number[];
  readonly byHand: readonly number[];
}): Promise<void> {
  const wall = (usages: readonly Usage[]) => median(usages.map(({ wallSeconds }) => wallSeconds));
  const rss = (usages: readonly Usage[]) => median(usages.map(({ rssMegabytes }) => rssMegabytes));
  const [up, byHand, opened] = [wall(runs.up), median(runs.byHand), median(runs.opened)];
  const above = rss(runs.up) - rss(runs.again);
  await writeResults({
    suite: 'offline',
    about: `One control plane on a fresh lab host from a bundle, against the same by hand: \`scp\` of the same files, \`ctr images import\`, \`kubeadm init\` (median of ${rounds}).`,
    columns: ['', 'Measured', 'Wanted'],
    rows: [
      ['by hand', `${byHand.toFixed(1)} s`, ''],
      ['`up --bundle`', `${up.toFixed(1)} s, ${(up / byHand).toFixed(2)} x`, 'at most 0.9 x'],
      ['its memory above that of a run with nothing to send', `${above.toFixed(0)} MB`, 'at most 200 MB'],
      ['artifacts’ part of a run with nothing to send', `${opened.toFixed(2)} s`, 'under 1 s'],
    ],
    figures: { runs, medians: { byHand, up, opened, memoryAbove: above } },
  });
}
