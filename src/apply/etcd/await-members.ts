import type { DesiredHost, Resource } from '../../desired/resource.js';
import { paths } from '../../host/paths.js';
import type { Host } from '../../inventory/inventory.js';
import { components } from '../../kubernetes/pod-names.js';
import type { Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import { awaitHost } from '../../verify/await-host.js';
import { onHosts } from '../stage.js';
import { earlierHost } from '../undo/earlier-host.js';
import { awaitEtcd } from './await-etcd.js';

/**
 * Waits until the control planes that were stopped are healthy as they are, whatever the inventory says: by the gates of
 * the manifests on their disks, then etcd as a whole.
 * @throws Failure, Failures `gate` with what is missing
 */
export async function awaitMembers(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  members: readonly Host[],
): Promise<void> {
  const names = members.map(({ name }) => name);
  await onHosts(session, 'verify', names, async (name) => {
    const transport = transports.get(name)!;
    const host = members.find((one) => one.name === name)!;
    const { before } = await earlierHost(transport, controlPlaneOf(name), []);
    await awaitHost(session, transport, host, before, 'verify');
    return 'healthy';
  });
  await awaitEtcd({ session, transports }, names);
}

/** Where the gates of a control plane are read from. */
function controlPlaneOf(host: string): DesiredHost {
  const base = { phase: 'control-plane', mode: 0o600, content: '', because: 'it is there' } as const;
  return {
    host,
    resources: [
      { ...base, kind: 'file', path: paths.kubeletConfig },
      ...components.map(
        (name): Resource => ({
          ...base,
          kind: 'static-pod',
          name,
          path: `${paths.manifests}/${name}.yaml`,
          revision: '',
        }),
      ),
    ],
  };
}
