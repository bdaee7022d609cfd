import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubeconfig } from '../desired/kubeconfig.js';
import { controlPlanes, endpointOf } from '../inventory/inventory.js';
import type { Secret } from '../secret.js';
import type { Session } from '../session.js';
import { stateDirectory } from './open-session.js';

/** The administrator's kubeconfig as kubeadm's admin.conf, for use from the operator's machine. */
export async function adminKubeconfig({ inventory, keys, record }: Session): Promise<Secret> {
  const [first] = controlPlanes(inventory);
  return kubeconfig({
    endpoint: (await record.load())?.endpoint ?? endpointOf(inventory),
    cluster: inventory.metadata.name,
    user: `${inventory.metadata.name}-admin`,
    authority: keys.authorities.ca.certificate,
    client: keys.hosts[first!.name]!['admin']!,
  });
}

/** Writes the administrator's kubeconfig beside the keystore. @returns its path */
export async function writeKubeconfig(session: Session): Promise<string> {
  const file = join(stateDirectory(session.inventory), 'kubeconfig');
  await writeFile(`${file}.new`, (await adminKubeconfig(session)).reveal(), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return file;
}
