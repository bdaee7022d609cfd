import { Failure } from '../failure.js';
import { parseDuration } from '../inventory/duration.js';
import { controlPlanes, type Host, isControlPlane } from '../inventory/inventory.js';
import { kubeOn } from '../survey/session.js';
import { missing, poll, well } from '../verify/poll.js';
import type { Crew } from './crew.js';

/**
 * Ready, but for the roles that an API server writes a second after it has begun to serve: the kubelet takes longer than
 * that to start a pod.
 */
const almostReady = '/readyz?exclude=poststarthook/rbac/bootstrap-roles';
/** Where several begin together, each writes them and goes through those of the others: that takes longer. */
const ready = '/readyz';

/** Waits until who speaks to the API can start on a host. @returns false when there was none in time: its gate says why */
export type AwaitApi = (host: Host) => Promise<boolean>;

/**
 * Asks API servers whether they can serve: that of a control plane for its own clients, any one for a worker. Each is asked
 * for all who wait for it.
 */
export function awaitApiServers(crew: Crew): AwaitApi {
  const candidates = controlPlanes(crew.session.inventory).filter(({ name }) => crew.transports.has(name));
  const path = candidates.length > 1 ? ready : almostReady;
  const asked = new Map<Host, Promise<boolean>>();
  const ask = (host: Host): Promise<boolean> => {
    const serving = asked.get(host) ?? serves(crew, host, path);
    asked.set(host, serving);
    return serving;
  };
  return (host) => (isControlPlane(host) ? ask(host) : any(candidates.map(ask)));
}

async function serves({ session, transports }: Crew, host: Host, path: string): Promise<boolean> {
  const kube = kubeOn(session, transports.get(host.name)!, host);
  try {
    const late = await poll(
      async () => ((await kube.read(path)).status === 200 ? well : missing('kube-apiserver')),
      {
        timeoutMs: parseDuration(session.inventory.spec.timeouts.controlPlaneComponentHealthCheck),
        onWaiting: () => undefined,
        signal: session.abort,
      },
    );
    return late === undefined;
  } finally {
    kube.close();
  }
}

/** Whether one of them is true, as soon as one is. What is thrown is heard by who waits for that one alone. */
async function any(answers: readonly Promise<boolean>[]): Promise<boolean> {
  const yes = answers.map(async (answer) => {
    if (!(await answer)) throw new Error('no');
  });
  return Promise.any(yes).then(
    () => true,
    () => false,
  );
}

/** Why a worker was not started. */
export const noApiServer = (host: string): Failure =>
  new Failure({
    kind: 'gate',
    doing: 'Waiting for an API server before the kubelet is started',
    where: { host, phase: 'control-plane' },
    said: 'none was ready in time',
    next: 'See above what the control planes are waiting for.',
  });
