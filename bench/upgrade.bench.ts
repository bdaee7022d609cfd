import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { kubeadmThree } from './kubeadm-three.js';
import { prepareUpgrade, upgradeWithKubeadm } from './kubeadm-upgrade.js';
import { type LabGround, startGround, timeouts, upArguments } from './lab-ground.js';
import { importImagesForPodstrap } from './lab-hosts.js';
import { measurePodstrap } from './measure-podstrap.js';
import { stopwatch } from './stopwatch.js';
import { pairRow, pairs, writeResults } from './write-results.js';

const to = process.env.BENCH_UPGRADE_TO ?? 'v1.37.2';

let ground: LabGround;
beforeAll(async () => {
  ground = await startGround({ versions: [to] });
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(await ground.lastWords());
});
afterAll(() => ground?.close());

test('three control planes to the next minor, images in place', async () => {
  const { ours, theirs, lab } = ground;
  let podstrap = 0;
  await ground.withOperator(3, async (operator) => {
    await measurePodstrap(operator.directory, upArguments);
    await operator.write({ hosts: ours, kubernetesVersion: to, spec: { timeouts } });
    await importImagesForPodstrap(operator);
    podstrap = (await measurePodstrap(operator.directory, upArguments)).wallSeconds;
  });
  await ground.giveWay();
  await kubeadmThree(ground);
  const names = theirs.map(({ name }) => name);
  await Promise.all(names.map((name) => prepareUpgrade(lab, name, to)));
  const seconds = stopwatch();
  await upgradeWithKubeadm(lab, names, to);
  const kubeadm = seconds();
  const from = lab.settings.kubernetesVersion;
  const compared = [
    {
      what: `Three control planes from ${from} to ${to}, with their kubelets`,
      podstrap,
      kubeadm,
      most: 0.15,
    },
  ];
  await writeResults({
    suite: 'upgrade',
    about:
      'Real hosts on this machine, images of both releases in place. podstrap with `watchAfterChange: 0s`: both stop at "ready". kubeadm: `upgrade apply`, then `upgrade node` twice, each followed by the new kubelet. One run.',
    columns: pairs,
    rows: compared.map(pairRow),
    figures: { compared },
  });
});
