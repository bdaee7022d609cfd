import type { Kube } from '../cluster/kube.js';
import { controlPlanes } from '../inventory/inventory.js';
import type { Site } from '../survey/open-site.js';
import { kubeOn, type Session } from '../survey/session.js';
import { missing, poll, well } from '../verify/poll.js';
import { type CheckResult, failed, skipped } from './check-report.js';
import { runCheck } from './run-check.js';

export interface CheckedApiServers {
  /** Of those that are ready, by host. The caller closes them. */
  readonly kubes: ReadonlyMap<string, Kube>;
  readonly results: readonly CheckResult[];
}

/** Asks each control plane's API server, on that very host, whether it is ready. @param patience milliseconds */
export async function checkApiServers(
  session: Session,
  { transports }: Pick<Site, 'transports'>,
  patience: number,
  signal: AbortSignal,
): Promise<CheckedApiServers> {
  const kubes = new Map<string, Kube>();
  const hosts = controlPlanes(session.inventory);
  const results = await Promise.all(
    hosts.map((host) =>
      runCheck('api-server', host.name, async () => {
        const transport = transports.get(host.name);
        if (transport === undefined) return skipped('the host was not reached');
        const kube = kubeOn(session, transport, host);
        const said = await poll(
          async () => {
            const { status, body } = await kube.read('/readyz');
            return status === 200 ? well : missing(`HTTP ${status}: ${body.trim().split('\n').at(-1)}`);
          },
          { timeoutMs: patience, onWaiting: () => undefined, signal },
        );
        if (said === undefined) kubes.set(host.name, kube);
        else kube.close();
        return said === undefined ? undefined : failed(said, 'See what `podstrap status` says of it.');
      }),
    ),
  );
  const inOrder = hosts.flatMap(({ name }) => (kubes.has(name) ? [[name, kubes.get(name)!] as const] : []));
  return { kubes: new Map(inOrder), results };
}
