import { wantedOn } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { parseDuration } from '../inventory/duration.js';
import { hostNamed } from '../inventory/inventory.js';
import { lanes } from '../lanes.js';
import { firstAnswer, type Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import type { Transport } from '../transport/transport.js';
import { gateFailure, staticPods } from '../verify/await-host.js';
import { unready } from '../verify/node-readiness.js';
import { missing, poll, well } from '../verify/poll.js';
import { watchHost } from '../verify/watch-host.js';
import { awaitVirtualAddress } from './api/await-virtual-address.js';
import { stage } from './stage.js';

/** Hosts whose gates are looked at at a time. */
const lookedAtAtOnce = 64;

/**
 * The last word of a run, also of one that had nothing to do: files that are in place say nothing of what became of them,
 * and an earlier run may have left them so. Waits until every host that was reached is healthy: its kubelet, its static
 * pods, its node where podstrap connects the pods, and the virtual address.
 * @param limit the hosts that the run is about; default: all
 * @returns what is not healthy in the end
 */
export async function awaitHealth(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  seen: Survey,
  limit?: readonly string[],
): Promise<readonly Failure[]> {
  const hosts = [...transports.keys()].filter((host) => limit?.includes(host) ?? true);
  return stage(session, 'health', async () => {
    const lane = lanes(lookedAtAtOnce);
    const looks = hosts.map((host) => lane(() => unhealthy(session, transports.get(host)!, seen)));
    const gates = (await Promise.all(looks)).flat();
    // A node is told by its kubelet, and the address by an API server: what is behind them is said already.
    if (gates.length > 0) return gates;
    const nodes = await unreadyNodes(session, transports, hosts);
    return [...nodes, ...(limit ? [] : await awaitVirtualAddress({ session, transports }))];
  });
}

async function unhealthy(session: Session, transport: Transport, seen: Survey): Promise<Failure[]> {
  const { inventory, emit, abort } = session;
  const { timeouts } = inventory.spec;
  const host = hostNamed(inventory, transport.host);
  const wanted = wantedOn(seen.desired, transport.host);
  const watch = watchHost(session, transport, host, wanted);
  try {
    const lacking = await poll(() => watch.look(), {
      timeoutMs: parseDuration(timeouts.controlPlaneComponentHealthCheck),
      onWaiting: (what) => emit({ event: 'waiting', host: transport.host, stage: 'health', for: what }),
      signal: abort,
    });
    if (lacking === undefined) return [];
    return [await gateFailure(transport, staticPods(wanted), [lacking], 'health', 'Looking at its health')];
  } catch (error) {
    if (error instanceof Failure && (error.kind === 'connection-lost' || error.kind === 'unsound'))
      return [error];
    throw error;
  } finally {
    watch.close();
  }
}

/** Where nobody connects the pods, or an addon does, nodes are ready when that is there; see await-nodes.ts. */
async function unreadyNodes(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  hosts: readonly string[],
): Promise<readonly Failure[]> {
  const { spec } = session.inventory;
  if (spec.networking.plugin !== 'routes' || hosts.length === 0) return [];
  const look = async () => {
    const told = await firstAnswer(session, transports, (kube) => kube.list('Node'));
    if ('said' in told) return missing(`no API server answers: ${told.said}`);
    const said = hosts.flatMap((name) => {
      const why = unready(told.answer.find(({ metadata }) => metadata.name === name));
      return why === undefined ? [] : [`${name}: ${why}`];
    });
    return said.length === 0 ? well : missing(said.join('\n'));
  };
  const lacking = await poll(look, {
    timeoutMs: parseDuration(spec.timeouts.kubeletHealthCheck),
    onWaiting: (what) => session.emit({ event: 'waiting', host: '', stage: 'health', for: what }),
    signal: session.abort,
  });
  if (lacking === undefined) return [];
  return [
    new Failure({
      kind: 'gate',
      doing: 'Waiting for the nodes to be ready',
      said: `still missing: ${lacking}`,
      next: 'The control plane is up. See what the kubelet of such a host says (`journalctl -u kubelet`) and what `podstrap status` shows, fix it, then run `podstrap up` again.',
    }),
  ];
}
