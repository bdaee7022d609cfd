import type { Kube } from '../../cluster/kube.js';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import { unready } from '../../verify/node-readiness.js';
import { missing, poll, well } from '../../verify/poll.js';
import type { Crew } from '../crew.js';

/**
 * Waits until the nodes that can be reached are ready, after an addon has brought the network of their pods: it may run and
 * connect nobody. No longer than spec.timeouts.addons. @returns why they are not
 */
export async function awaitNodes({ session, transports }: Crew, kube: Kube): Promise<readonly Failure[]> {
  const { spec } = session.inventory;
  const names = spec.hosts.map(({ name }) => name).filter((name) => transports.has(name));
  const look = async () => {
    const nodes = await kube.list('Node');
    const said = names.flatMap((name) => {
      const why = unready(nodes.find(({ metadata }) => metadata.name === name));
      return why === undefined ? [] : [`${name}: ${why}`];
    });
    return said.length === 0 ? well : missing(said.join('\n'));
  };
  const said = await poll(look, {
    timeoutMs: parseDuration(spec.timeouts.addons),
    onWaiting: (what) => session.emit({ event: 'waiting', host: '', stage: 'addons', for: what }),
    signal: session.abort,
  });
  if (said === undefined) return [];
  const network = session.inventory.addons.filter((one) => one.network).map(({ name }) => name);
  return [
    new Failure({
      kind: 'gate',
      doing: `Waiting for nodes to be ready, whose pods are connected by ${network.join(', ')}`,
      where: { phase: 'addons' },
      said,
      next: 'The control plane is done. `podstrap status` shows what of that addon is running, and `podstrap kubectl describe node` what a node is missing. Fix its manifests and run `podstrap up` again; spec.timeouts.addons sets how long it may take.',
    }),
  ];
}
