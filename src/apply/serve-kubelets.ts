import { httpClient } from '../cluster/http.js';
import { wantedOn } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { parseDuration } from '../inventory/duration.js';
import { hostNamed } from '../inventory/inventory.js';
import { stepsOn } from '../plan/steps-on.js';
import type { Wave } from '../plan/waves/wave.js';
import type { Survey } from '../survey/survey.js';
import { kubeletServerOf } from '../verify/gate.js';
import { poll, well } from '../verify/poll.js';
import { type Crew, checkpoint, takeSteps } from './crew.js';
import { onHosts } from './stage.js';

/**
 * Gives running kubelets what they serve with, all hosts at once, and waits until each shows it: API servers that are
 * changed afterwards may check it. A kubelet watches these files, so nothing restarts.
 * @throws Failure `gate` when a kubelet goes on with another certificate
 */
export async function serveKubelets(crew: Crew, seen: Survey, { hosts, steps }: Wave): Promise<void> {
  checkpoint(crew, 'giving kubelets their certificates');
  await onHosts(crew.session, 'kubelets', hosts, async (host) => {
    await takeSteps(crew, host, stepsOn(steps, host));
    const runs = seen.facts.get(host)?.units['kubelet.service']?.active === 'active';
    if (!runs) return 'certificates, for when the kubelet starts';
    await awaitServing(crew, seen, host);
    return 'the kubelet serves with its certificate';
  });
}

/** Waits until the kubelet shows a certificate that the cluster's authority has signed for its address. */
async function awaitServing({ session, transports }: Crew, seen: Survey, name: string): Promise<void> {
  const host = hostNamed(session.inventory, name);
  const server = kubeletServerOf(host, wantedOn(seen.desired, name));
  // A kubelet that serves with something else is for the user to look after.
  if (server === undefined) return;
  const client = httpClient({
    transport: transports.get(name)!,
    ...server,
    tls: { ca: session.keys.authorities.ca.certificate },
  });
  try {
    const missing = await poll(
      // Whatever it answers: without a good certificate there is no answer.
      () => client.request({ method: 'GET', path: '/healthz' }).then(() => well),
      {
        timeoutMs: parseDuration(session.inventory.spec.timeouts.kubeletHealthCheck),
        onWaiting: (what) =>
          session.emit({ event: 'waiting', host: name, stage: 'kubelets', for: `kubelet: ${what}` }),
        signal: session.abort,
      },
    );
    if (missing === undefined) return;
    throw new Failure({
      kind: 'gate',
      doing: 'Waiting until the kubelet serves with its new certificate',
      where: { host: name, phase: 'serving' },
      said: `https://${host.advertiseAddress}:${server.port}: ${missing}`,
      next: 'See what `journalctl -u kubelet` says on that host, then run `podstrap up` again. API servers were not changed.',
    });
  } finally {
    client.close();
  }
}
