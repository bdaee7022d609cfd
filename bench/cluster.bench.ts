import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { kubeadmCluster, runsPods } from './kubeadm-cluster.js';
import { type LabGround, startGround, upArguments } from './lab-ground.js';
import { measurePodstrap } from './measure-podstrap.js';
import { median } from './median.js';
import { stopwatch } from './stopwatch.js';
import { pairRow, pairs, writeResults } from './write-results.js';

const rounds = Number(process.env.BENCH_RUNS ?? 3);

let ground: LabGround;
beforeAll(async () => {
  ground = await startGround({ workers: 2 });
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(await ground.lastWords());
});
afterAll(() => ground?.close());

test('three control planes and two workers of the same build, artifacts in place', async () => {
  const runs = { checked: [] as number[], ready: [] as number[], kubeadm: [] as number[] };
  const all = ground.ours.length;
  for (let round = 0; round < rounds; round++) {
    await ground.withOperator(all, async ({ directory }) => {
      runs.checked.push((await measurePodstrap(directory, [...upArguments, '--check'])).wallSeconds);
    });
    await ground.clean(ground.ours);
    await ground.withOperator(all, async ({ directory }) => {
      const seconds = stopwatch();
      await measurePodstrap(directory, upArguments);
      await ground.lab.read(ground.ours[0]!.name, runsPods);
      runs.ready.push(seconds());
    });
    await ground.giveWay();
    runs.kubeadm.push(await kubeadmCluster(ground));
    await ground.comeBack();
  }
  const kubeadm = median(runs.kubeadm);
  const compared = [
    {
      what: 'Three control planes and two workers, to a green `check`',
      podstrap: median(runs.checked),
      kubeadm,
      most: 0.45,
    },
  ];
  const ready = median(runs.ready);
  await writeResults({
    suite: 'cluster',
    about: `Real hosts on this machine, artifacts in place on both sides, the same Kubernetes build. podstrap with \`watchAfterChange: 0s\`: the whole of \`up --check\`. kubeadm: init, joins, and a network of the reference plugins by hand, until all nodes are ready, kube-proxy runs on each and CoreDNS answers; without any check. Median of ${rounds}.`,
    columns: pairs,
    rows: [
      ...compared.map(pairRow),
      [
        'The same, to where the other side stops',
        `${ready.toFixed(1)} s`,
        `${kubeadm.toFixed(1)} s`,
        (ready / kubeadm).toFixed(2),
        '',
      ],
    ],
    figures: { medians: { compared, ready }, runs },
  });
});
