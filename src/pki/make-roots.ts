import { Secret } from '../secret.js';
import { generateKey } from './generate-key.js';
import type { Circumstances } from './issue.js';
import type { Authority, AuthorityName } from './keys.js';
import { makeAuthority } from './make-authority.js';
import { writeOnce } from './store-files.js';
import { clusterIdFile, type KeystoreInput, type Survey, serviceAccountFile } from './survey.js';

/** What a cluster has once and for all. */
export interface Roots {
  readonly clusterId: string;
  readonly authorities: Readonly<Record<AuthorityName, Authority>>;
  readonly serviceAccount: Secret;
}

/** Makes and stores what is missing of a cluster's roots, all at once. @param made gets the names of what was missing */
export async function makeRoots(
  found: Survey,
  { directory, inventory }: KeystoreInput,
  circumstances: Circumstances,
  made: string[],
): Promise<Roots> {
  const orMade = <T>(present: T | undefined, name: string, make: () => Promise<T>): Promise<T> => {
    if (present !== undefined) return Promise.resolve(present);
    made.push(name);
    return make();
  };
  const authority = (name: AuthorityName) =>
    orMade(found.authorities[name], name, () => makeAuthority(directory, inventory, name, circumstances));
  const [clusterId, serviceAccount, ca, frontProxy, etcd] = await Promise.all([
    orMade(found.clusterId, 'cluster-id', async () => {
      const id = Buffer.from(circumstances.randomBytes(16)).toString('hex');
      return (await writeOnce(clusterIdFile(directory), `${id}\n`, 0o600)).trim();
    }),
    orMade(found.serviceAccount, 'sa', async () => {
      const { privateKey } = await generateKey(inventory.spec.encryptionAlgorithm);
      return new Secret(await writeOnce(serviceAccountFile(directory), privateKey.reveal(), 0o600));
    }),
    authority('ca'),
    authority('front-proxy-ca'),
    authority('etcd-ca'),
  ]);
  return { clusterId, serviceAccount, authorities: { ca, 'front-proxy-ca': frontProxy, 'etcd-ca': etcd } };
}
