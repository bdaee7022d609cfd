import { join } from 'node:path';
import { kubeconfig } from '../../desired/identity/kubeconfig.js';
import { controlPlanes, endpointOf } from '../../inventory/inventory.js';
import { writeOperatorFile } from '../../operator/operator-file.js';
import type { Secret } from '../../secret.js';
import type { Session } from '../../survey/session.js';
import { stateDirectory } from './state-directory.js';

/**
 * The administrator's kubeconfig as kubeadm's admin.conf, for use from the operator's machine.
 * @param door host:port on this machine that leads to an API server, whichever it is; default: the cluster's endpoint
 */
export async function adminKubeconfig({ inventory, keys, record }: Session, door?: string): Promise<Secret> {
  const [first] = controlPlanes(inventory);
  return kubeconfig({
    endpoint: door ?? (await record.load())?.endpoint ?? endpointOf(inventory),
    // A name that every API server of every cluster has.
    ...(door === undefined ? {} : { serverName: 'kubernetes' }),
    cluster: inventory.metadata.name,
    user: `${inventory.metadata.name}-admin`,
    authority: keys.authorities.ca.certificate,
    client: keys.hosts[first!.name]!['admin']!,
  });
}

/** Writes the administrator's kubeconfig beside the keystore. @returns its path */
export async function writeKubeconfig(session: Session): Promise<string> {
  const file = join(stateDirectory(session.inventory), 'kubeconfig');
  const text = (await adminKubeconfig(session)).reveal();
  await writeOperatorFile(file, text, { what: `the kubeconfig ${file}`, mode: 0o600 });
  return file;
}
