import type { Kube } from '../../cluster/kube.js';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import { controlPlanes, type Host } from '../../inventory/inventory.js';
import { kubeOn } from '../../survey/session.js';
import { missing, poll, well } from '../../verify/poll.js';
import type { Crew } from '../crew.js';
import { fencedKube } from '../lock/fenced-kube.js';
import { requireLock } from '../lock/run-fenced.js';

export interface ReadyKubeOptions {
  readonly doing?: string;
  /** Default: every control plane that can be reached. */
  readonly candidates?: readonly Host[];
  /** Default: spec.timeouts.controlPlaneComponentHealthCheck. */
  readonly timeoutMs?: number;
}

/**
 * A client of the first API server of the candidates that is ready; it writes nothing once the lock is lost. The caller
 * closes it.
 * @throws Failure `gate` when none becomes ready in time
 */
export async function readyKube(crew: Crew, options: ReadyKubeOptions = {}): Promise<Kube> {
  const { session, transports, lock } = crew;
  const {
    doing = 'Calling the API',
    candidates = controlPlanes(session.inventory).filter(({ name }) => transports.has(name)),
    timeoutMs = parseDuration(session.inventory.spec.timeouts.controlPlaneComponentHealthCheck),
  } = options;
  const kubes = candidates.map((host) => {
    const transport = transports.get(host.name)!;
    return fencedKube(kubeOn(session, transport, host), () => requireLock(transport, lock.id));
  });
  let ready: Kube | undefined;
  const said = await poll(
    async () => {
      ready = await firstReady(kubes);
      return ready ? well : missing('kube-apiserver: no API server is ready yet');
    },
    {
      timeoutMs,
      onWaiting: () => undefined,
      signal: session.abort,
    },
  );
  for (const kube of kubes) if (kube !== ready) kube.close();
  if (ready === undefined)
    throw new Failure({
      kind: 'gate',
      doing,
      ...(said === undefined ? {} : { said }),
      next: 'See above what the hosts are waiting for.',
    });
  return ready;
}

/** The first that says that it is ready: one that is about to start may take seconds to say anything. */
const firstReady = (kubes: readonly Kube[]): Promise<Kube | undefined> =>
  Promise.any(
    kubes.map(async (kube) => {
      if ((await kube.read('/readyz')).status !== 200) throw new Error('not ready');
      return kube;
    }),
  ).catch(() => undefined);
