import { clientsOfApi } from '../desired/component.js';
import { parseDuration } from '../inventory/duration.js';
import type { Host } from '../inventory/inventory.js';
import type { Step } from '../plan/step.js';
import { kubeOn } from '../session.js';
import { missing, poll, well } from '../verify/poll.js';
import { type Crew, takeSteps } from './crew.js';

/**
 * Ready, but for the roles that every API server writes a second after it has begun to serve: the kubelet takes longer
 * than that to start a pod.
 */
const almostReady = '/readyz?exclude=poststarthook/rbac/bootstrap-roles';

/** True for a new static pod that is of no use before there is an API server. */
export const startsClient = ({ action }: Step): boolean =>
  action.do === 'put-manifest' && clientsOfApi.includes(action.pod);

/**
 * Takes these steps of a host when its API server can serve the pods that they start. Started earlier, a scheduler is
 * refused what it asks, goes on without the configuration that tells it whom to trust, and asks again only after
 * growing pauses.
 * When the API server is not ready in time nothing is done: its gate says so.
 */
export async function startClients(crew: Crew, host: Host, steps: readonly Step[]): Promise<void> {
  if (steps.length === 0) return;
  const { session, transports } = crew;
  const kube = kubeOn(session, transports.get(host.name)!, host);
  try {
    const late = await poll(
      async () => ((await kube.read(almostReady)).status === 200 ? well : missing('kube-apiserver')),
      {
        timeoutMs: parseDuration(session.inventory.spec.timeouts.controlPlaneComponentHealthCheck),
        onWaiting: () => undefined,
        signal: session.abort,
      },
    );
    if (late !== undefined) return;
  } finally {
    kube.close();
  }
  await takeSteps(crew, host.name, steps);
}
