import { median } from './median.js';
import { writeResults } from './write-results.js';

/** Seconds of each run. */
export interface Measured {
  readonly one: number[];
  readonly three: number[];
  /** One flag of kube-apiserver, rolled over three control planes. */
  readonly flag: number[];
  /** `plan` with nothing to do. */
  readonly plan: number[];
  readonly init: number[];
  /** init, join and join. */
  readonly joined: number[];
  /** The same flag, by manifests replaced in place. */
  readonly inPlace: number[];
}

/** Writes the table of podstrap against kubeadm. */
export async function reportLab(runs: Measured): Promise<void> {
  const pairs = [
    { what: 'One control plane', ours: runs.one, theirs: runs.init, most: 0.9 },
    { what: 'Three control planes', ours: runs.three, theirs: runs.joined, most: 0.45 },
    {
      what: 'A flag of kube-apiserver on three live control planes',
      ours: runs.flag,
      theirs: runs.inPlace,
      most: 0.25,
    },
  ].map(({ what, ours, theirs, most }) => {
    const podstrap = median(ours);
    const kubeadm = median(theirs);
    return { what, podstrap, kubeadm, ratio: podstrap / kubeadm, most };
  });
  const plan = median(runs.plan);
  await writeResults({
    suite: 'lab',
    about:
      'Real hosts on this machine, artifacts in place on both sides, the same Kubernetes build. Wall time of the whole command, with kubeconfig and new keys; podstrap with `watchAfterChange: 0s`, so that both stop at "ready". kubeadm’s way to change a flag is the manifest replaced in place, node by node, each until its new process is ready.',
    columns: ['', 'podstrap', 'kubeadm', 'Ratio', 'At most'],
    rows: [
      ...pairs.map(({ what, podstrap, kubeadm, ratio, most }) => [
        what,
        `${podstrap.toFixed(1)} s`,
        `${kubeadm.toFixed(1)} s`,
        ratio.toFixed(2),
        String(most),
      ]),
      ['`plan` on three healthy control planes', `${plan.toFixed(2)} s`, '', '', '1 s'],
    ],
    figures: { medians: { pairs, plan }, runs },
  });
}
