import { etcdClient } from '../cluster/etcd.js';
import { Failure } from '../failure.js';
import { parseDuration } from '../inventory/duration.js';
import { controlPlanes, type Host, isControlPlane } from '../inventory/inventory.js';
import type { Step } from '../plan/step.js';
import type { Survey } from '../survey.js';
import { awaitHost } from '../verify/await-host.js';
import { lookAtEtcd } from '../verify/etcd-health.js';
import { poll } from '../verify/poll.js';
import { type Crew, checkpoint, isSwitch, stepsOf, takeSteps } from './crew.js';
import { onHosts, stage, throwAll } from './stage.js';
import { type AwaitApi, awaitApiServers, noApiServer, startsClient } from './start-clients.js';
import { switchPods } from './switch-pods.js';

/**
 * Starts what has nothing to protect: all hosts at once. etcd forms from its static initial-cluster, and the gates come
 * afterwards; what only speaks to the API server starts when that can listen.
 */
export async function startTogether(
  crew: Crew,
  { desired, situation }: Pick<Survey, 'desired' | 'situation'>,
  steps: readonly Step[],
  hosts: readonly string[],
  meanwhile: () => Promise<void>,
): Promise<void> {
  const { session, transports } = crew;
  const { spec } = session.inventory;
  const workOf = (name: string) => {
    const host = spec.hosts.find((one) => one.name === name)!;
    const own = stepsOf(steps, name, 'peers', 'serving', 'certificates', 'control-plane');
    const isLast = startsClient(host, situation.kind === 'down');
    return { host, first: own.filter((step) => !isLast(step)), last: own.filter(isLast) };
  };
  checkpoint(crew, 'starting the control plane');
  await stage(session, 'start', () =>
    onHosts(session, 'start', hosts, async (name) => {
      const { first } = workOf(name);
      await takeSteps(
        crew,
        name,
        first.filter((step) => !isSwitch(step)),
      );
      await switchPods(crew, name, first.filter(isSwitch));
      return `${first.length} steps`;
    }),
  );
  const members = controlPlanes(session.inventory).filter(({ name }) => hosts.includes(name));
  await stage(session, 'verify', async () => {
    const apiFor = awaitApiServers(crew);
    const gates = onHosts(session, 'verify', hosts, async (name) => {
      const { host, last } = workOf(name);
      const wanted = desired.hosts.find((one) => one.host === name)!;
      const finished = takeLast(crew, apiFor, host, last);
      const isLate = (pod: string) => last.some(({ action }) => 'pod' in action && action.pod === pod);
      const started = async (component: string) => !isLate(component) || finished;
      const gate = () => awaitHost(session, transports.get(name)!, host, wanted, 'verify', { started });
      if (isControlPlane(host)) await Promise.all([finished, gate()]);
      else if (await finished) await gate();
      else throw noApiServer(name);
      return 'healthy';
    });
    // What a gate says comes first: objects that wait for an API server only know that there is none.
    const [gated, applied] = await Promise.allSettled([gates, meanwhile()]);
    throwAll(gated.status === 'rejected' ? [gated] : [applied]);
    await awaitEtcd(
      crew,
      members.map(({ name }) => name),
    );
  });
}

/** Takes the steps of a host that need an API server. @returns false when there was none in time */
async function takeLast(crew: Crew, apiFor: AwaitApi, host: Host, last: readonly Step[]): Promise<boolean> {
  if (last.length === 0) return true;
  if (!isControlPlane(host))
    crew.session.emit({ event: 'waiting', host: host.name, stage: 'verify', for: 'an API server' });
  if (!(await apiFor(host))) return false;
  await takeSteps(crew, host.name, last);
  return true;
}

/** Waits until etcd is whole. @throws Failure `gate` with what is missing */
export async function awaitEtcd(
  { session, transports }: Pick<Crew, 'session' | 'transports'>,
  hosts: readonly string[],
): Promise<void> {
  if (hosts.length === 0) return;
  const { keys, inventory, abort, emit } = session;
  const ca = keys.authorities['etcd-ca'].certificate;
  const members = new Map(
    hosts.map((host) => [host, etcdClient(transports.get(host)!, ca, keys.operator.etcd)]),
  );
  try {
    const missing = await poll(() => lookAtEtcd(members), {
      timeoutMs: parseDuration(inventory.spec.timeouts.etcdAPICall),
      onWaiting: (what) => emit({ event: 'waiting', host: hosts[0]!, stage: 'verify', for: what }),
      signal: abort,
    });
    if (missing === undefined) return;
    throw new Failure({
      kind: 'gate',
      doing: 'Waiting for etcd',
      where: { host: hosts.join(', '), phase: 'control-plane' },
      said: missing,
      next: 'Look at `podstrap status`, mend what it names, then run `podstrap up` again.',
    });
  } finally {
    for (const member of members.values()) member.close();
  }
}
