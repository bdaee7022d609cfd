import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { kubeadmThree } from './kubeadm-three.js';
import { type LabGround, startGround, upArguments } from './lab-ground.js';
import { measurePodstrap } from './measure-podstrap.js';
import { median } from './median.js';
import { quiet } from './quiet.js';
import { pairRow, pairs, writeResults } from './write-results.js';

const rounds = Number(process.env.BENCH_RUNS ?? 3);

let ground: LabGround;
beforeAll(async () => {
  ground = await startGround();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(await ground.lastWords());
});
afterAll(() => ground?.close());

test('control planes of the same build, artifacts in place', async () => {
  const runs = {
    one: [] as number[],
    three: [] as number[],
    plan: [] as number[],
    init: [] as number[],
    joined: [] as number[],
    // Processor seconds: of podstrap's own process, and of everything on the machine.
    oneOwn: [] as number[],
    oneAll: [] as number[],
    threeOwn: [] as number[],
    threeAll: [] as number[],
    initAll: [] as number[],
    joinedAll: [] as number[],
  };
  for (let round = 0; round < rounds; round++) {
    await ground.withOperator(1, async ({ directory }) => {
      const used = await measurePodstrap(directory, upArguments);
      runs.one.push(used.wallSeconds);
      runs.oneOwn.push(used.cpuSeconds);
      runs.oneAll.push(used.cpuSeconds + used.hostsSeconds);
    });
    await ground.clean(ground.ours);
    await ground.withOperator(3, async ({ directory }) => {
      const used = await measurePodstrap(directory, upArguments);
      runs.three.push(used.wallSeconds);
      runs.threeOwn.push(used.cpuSeconds);
      runs.threeAll.push(used.cpuSeconds + used.hostsSeconds);
      // Its addons are on their way until then, and take the processors.
      await measurePodstrap(directory, ['check', '--wait', '2m']);
      await quiet();
      for (let time = 0; time < 3; time++)
        runs.plan.push((await measurePodstrap(directory, ['plan'])).wallSeconds);
    });
    await ground.clean(ground.ours);
    await ground.giveWay();
    const { init, all, processors } = await kubeadmThree(ground);
    runs.init.push(init);
    runs.joined.push(all);
    runs.initAll.push(processors.init);
    runs.joinedAll.push(processors.all);
    await ground.clean(ground.theirs);
    await ground.comeBack();
  }
  const compared = [
    {
      what: 'One control plane (`kubeadm init`)',
      podstrap: median(runs.one),
      kubeadm: median(runs.init),
      most: 0.9,
    },
    {
      what: 'Three control planes (init, join, join)',
      podstrap: median(runs.three),
      kubeadm: median(runs.joined),
      most: 0.45,
    },
  ];
  const plan = median(runs.plan);
  await writeResults({
    suite: 'bootstrap',
    about: `Real hosts on this machine, artifacts in place on both sides, the same Kubernetes build. Wall time of the whole command, with kubeconfig and new keys; podstrap with \`watchAfterChange: 0s\`, so that both stop at "ready". Median of ${rounds}.`,
    columns: pairs,
    rows: [
      ...compared.map(pairRow),
      workRow('Processor time of one, hosts and podstrap together', runs.oneAll, runs.initAll),
      workRow('Processor time of three', runs.threeAll, runs.joinedAll),
      [
        'Of these, podstrap’s own process',
        `${median(runs.oneOwn).toFixed(1)} s and ${median(runs.threeOwn).toFixed(1)} s`,
        '',
        '',
        '',
      ],
      ['`plan` on three healthy control planes', `${plan.toFixed(2)} s`, '', '', '1 s'],
    ],
    figures: { medians: { compared, plan }, runs },
  });
});

const workRow = (
  what: string,
  podstrap: readonly number[],
  kubeadm: readonly number[],
): readonly string[] => {
  const [ours, theirs] = [median(podstrap), median(kubeadm)];
  return [what, `${ours.toFixed(1)} s`, `${theirs.toFixed(1)} s`, (ours / theirs).toFixed(2), ''];
};
