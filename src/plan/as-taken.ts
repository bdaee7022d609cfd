import type { Action, Step } from './step.js';
import type { Wave } from './waves/wave.js';

/** What comes apart from the steps of a host's scripts, by when: before them, between them, after them. */
const ranks: Readonly<Partial<Record<Action['do'], number>>> = {
  'drain-node': 0,
  'install-binary': 1,
  'remove-etcd-member': 2,
  'add-etcd-learner': 3,
  'import-image': 5,
  'pin-image': 6,
  'switch-manifest': 9,
  'promote-etcd-member': 10,
  'uncordon-node': 11,
};
/** Scripts of what restarts nothing, and of kubelet and static pods. */
const [firstScript, lastScript] = [4, 7];
/** The kubelet restarts while pods are switched: that is one stop, not two. */
const restart = 8;

/**
 * One host's steps of a wave in the order in which they are taken; see apply/change-node.ts. Pure.
 */
export function asTaken(steps: readonly Step[], { kind }: Pick<Wave, 'kind'>): readonly Step[] {
  const switches = steps.some(({ action }) => action.do === 'switch-manifest');
  const rankOf = ({ action, phase }: Step): number => {
    const rank = ranks[action.do];
    if (rank !== undefined) return rank;
    if (switches && kind === 'change' && action.do === 'restart-unit' && action.name === 'kubelet.service')
      return restart;
    return phase === 'binaries' || phase === 'node' ? firstScript : lastScript;
  };
  return [...steps].sort((a, b) => rankOf(a) - rankOf(b));
}
