import type { Kube } from '../../cluster/kube.js';
import { Failure } from '../../failure.js';
import { controlPlanes, type Host } from '../../inventory/inventory.js';
import type { Ring } from '../../pki/encryption/ring.js';
import { ringText } from '../../pki/encryption/ring-text.js';
import { digestOf } from '../../secrets/digest.js';
import { kubeOn, type Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import { missing, poll, well } from '../../verify/poll.js';

/** API servers look for a new file every minute, and try again at once what did not work. */
const patienceMs = 240_000;
/** A busy API server takes its time to write all of its metrics down. */
const metricsMs = 30_000;

/** SHA-256 in hex of the configuration of encryption that an API server has loaded; undefined where it has none. */
export async function loadedDigest(kube: Pick<Kube, 'read'>, host: Host): Promise<string | undefined> {
  const { status, body } = await kube.read('/metrics', metricsMs);
  if (status !== 200)
    throw new Failure({
      kind: 'gate',
      doing: 'Asking the API server which configuration of encryption it has loaded',
      where: { host: host.name },
      said: `HTTP ${status}`,
    });
  return /^apiserver_encryption_config_controller_last_config_info\{[^}]*\bhash="sha256:([0-9a-f]{64})"[^}]*\} 1$/m.exec(
    body,
  )?.[1];
}

/**
 * Waits until every API server has loaded a ring: only then may the next one differ from it.
 * @throws Failure `gate` with the host that has not
 */
export async function awaitLoaded(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  ring: Ring,
): Promise<void> {
  const wanted = digestOf(ringText(ring));
  await Promise.all(
    controlPlanes(session.inventory).map(async (host) => {
      const kube = kubeOn(session, transports.get(host.name)!, host);
      const lacks = await poll(
        async () =>
          (await loadedDigest(kube, host)) === wanted
            ? well
            : missing('its API server to load the new configuration of encryption'),
        {
          timeoutMs: patienceMs,
          signal: session.stop,
          onWaiting: (what) => session.emit({ event: 'waiting', host: host.name, stage: 'load', for: what }),
        },
      ).finally(() => kube.close());
      if (lacks === undefined) return;
      throw new Failure({
        kind: 'gate',
        doing: 'Waiting for API servers to load the new configuration of encryption',
        where: { host: host.name },
        said: `after ${patienceMs / 60_000} minutes, still: ${lacks}`,
        next: 'Its log tells why: `podstrap logs kube-apiserver`. Nothing is lost: the same command goes on from here.',
      });
    }),
  );
}
