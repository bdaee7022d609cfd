import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { changeFlagInPlace } from './kubeadm-flag.js';
import { kubeadmThree } from './kubeadm-three.js';
import { type LabGround, startGround, timeouts, upArguments } from './lab-ground.js';
import { measurePodstrap } from './measure-podstrap.js';
import { stopwatch } from './stopwatch.js';
import { pairRow, pairs, writeResults } from './write-results.js';

let ground: LabGround;
beforeAll(async () => {
  ground = await startGround();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(await ground.lastWords());
});
afterAll(() => ground?.close());

test('a flag of kube-apiserver on three live control planes', async () => {
  const { ours, theirs, lab } = ground;
  let podstrap = 0;
  await ground.withOperator(3, async ({ directory, write }) => {
    await measurePodstrap(directory, upArguments);
    const extraArgs = [{ name: 'max-requests-inflight', value: '401' }];
    await write({ hosts: ours, spec: { timeouts, apiServer: { extraArgs } } });
    podstrap = (await measurePodstrap(directory, upArguments)).wallSeconds;
  });
  await ground.giveWay();
  await kubeadmThree(ground);
  const seconds = stopwatch();
  for (const { name } of theirs) await changeFlagInPlace(lab, name, '--max-requests-inflight=401');
  const kubeadm = seconds();
  const compared = [
    { what: 'A flag of kube-apiserver on three live control planes', podstrap, kubeadm, most: 0.25 },
  ];
  await writeResults({
    suite: 'rollout',
    about:
      'Real hosts on this machine, the same Kubernetes build; podstrap with `watchAfterChange: 0s`, so that both stop at "ready". kubeadm’s way to change a flag is the manifest replaced in place, node by node, each until its new process is ready. One run: restarting three API servers one by one takes long.',
    columns: pairs,
    rows: compared.map(pairRow),
    figures: { compared },
  });
});
