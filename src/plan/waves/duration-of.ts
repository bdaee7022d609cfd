import { podRow } from '../../desired/pods/own-pods.js';
import type { Step } from '../step.js';
import { stepsOn } from '../steps-on.js';

/** Controller manager and scheduler end and start side by side. */
const switchedOthers = 3;
/** etcd, API server and the rest of a control plane that starts on bare hosts. */
const startedPods = 15;
/** A unit's restart, and the kubelet's way back to its pods. */
const restartedUnit = 4;
/** A learner that gets its data and is let vote. */
const joined = 15;
/** One script on a host with its round trips. */
const oneScript = 1;
/** A look at every gate of a node. */
const gates = 2;

/** About how many seconds these steps of hosts that go at the same time take, without bytes on their way. Pure. */
export const durationOf = (steps: readonly Step[], hosts: readonly string[]): number =>
  Math.max(0, ...hosts.map((host) => ofHost(stepsOn(steps, host))));

function ofHost(steps: readonly Step[]): number {
  if (steps.length === 0) return 0;
  const pods = (what: 'switch-manifest' | 'put-manifest') =>
    steps.flatMap(({ action }) => (action.do === what ? [action.pod] : []));
  const has = (what: string) => steps.some(({ action }) => action.do === what);
  const changed = pods('switch-manifest');
  // etcd is switched together with its API server: one stop, not two.
  const alone = changed.map((pod) => podRow(pod)?.switchSeconds);
  const main = Math.max(0, ...alone.map((seconds) => seconds ?? 0));
  const others = alone.includes(undefined) ? switchedOthers : 0;
  const starting = pods('put-manifest').length > 0 ? startedPods : 0;
  const units = steps.filter(({ action }) => action.do === 'restart-unit').length * restartedUnit;
  const joining = has('add-etcd-learner') ? joined : 0;
  const gated = steps.some(({ phase }) => phase === 'control-plane' || phase === 'node') ? gates : 0;
  return oneScript + main + others + starting + units + joining + gated;
}
