import { wantedOn } from '../../desired/resource.js';
import { type Host, hostNamed, isControlPlane } from '../../inventory/inventory.js';
import type { Step } from '../../plan/step.js';
import { stepsOn } from '../../plan/steps-on.js';
import type { Wave } from '../../plan/waves/wave.js';
import type { Survey } from '../../survey/survey.js';
import { awaitHost } from '../../verify/await-host.js';
import { type Crew, checkpoint, isSwitch, takeSteps, tellStep } from '../crew.js';
import { awaitEtcd } from '../etcd/await-etcd.js';
import { onHosts } from '../stage.js';
import { type AwaitApi, awaitApiServers, noApiServer } from '../start-clients.js';
import { switchPods } from '../switch-pods.js';

/** Starts what has nothing to protect, on all hosts of a wave at once: etcd forms from its static initial-cluster. */
export async function start(crew: Crew, { hosts, steps }: Wave): Promise<void> {
  // Whatever was there listens where the inventory says as soon as it has started.
  crew.session.apiPorts.clear();
  checkpoint(crew, 'starting the control plane');
  await onHosts(crew.session, 'start', hosts, async (host) => {
    const own = stepsOn(steps, host);
    await takeSteps(
      crew,
      host,
      own.filter((step) => !isSwitch(step)),
    );
    const switches = own.filter(isSwitch);
    await switchPods(crew, host, switches);
    for (const step of switches) tellStep(crew, step);
    return `${own.length} steps`;
  });
}

/** Waits for what has been started, and starts what only speaks to the API as soon as an API server can listen to it. */
export async function verify(
  crew: Crew,
  { desired }: Pick<Survey, 'desired'>,
  { hosts, steps }: Wave,
): Promise<void> {
  const { session, transports } = crew;
  const { inventory } = session;
  const apiFor = awaitApiServers(crew);
  await onHosts(session, 'verify', hosts, async (name) => {
    const host = hostNamed(inventory, name);
    const last = stepsOn(steps, name);
    const wanted = wantedOn(desired, name);
    const finished = takeLast(crew, apiFor, host, last);
    const isLate = (pod: string) => last.some(({ action }) => 'pod' in action && action.pod === pod);
    const started = async (component: string) => !isLate(component) || finished;
    const gate = () => awaitHost(session, transports.get(name)!, host, wanted, 'verify', { started });
    if (isControlPlane(host)) await Promise.all([finished, gate()]);
    else if (await finished) await gate();
    else throw noApiServer(name);
    return 'healthy';
  });
  await awaitEtcd(
    crew,
    hosts.filter((name) => isControlPlane(hostNamed(inventory, name))),
  );
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
