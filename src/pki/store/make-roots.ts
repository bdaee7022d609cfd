import { Secret } from '../../secret.js';
import { rootAlgorithm } from '../certificate-spec.js';
import type { AuthorityName } from '../keys.js';
import { generateKey } from '../x509/generate-key.js';
import type { Circumstances } from '../x509/issue.js';
import {
  clusterIdFile,
  type FoundRoots,
  type KeystoreInput,
  planKeyFile,
  type Roots,
  serviceAccountFile,
} from './entries.js';
import { makeAuthority } from './make-authority.js';
import { serviceAccountOf } from './service-account.js';
import { writeOnce } from './store-files.js';

/** Makes and stores what is missing of a cluster's roots, all at once. @returns also the names of what was missing */
export async function makeRoots(
  found: FoundRoots,
  { directory, inventory }: KeystoreInput,
  circumstances: Circumstances,
): Promise<{ readonly roots: Roots; readonly made: readonly string[] }> {
  const made: string[] = [];
  const orMade = <T>(present: T | undefined, name: string, make: () => Promise<T>): Promise<T> => {
    if (present !== undefined) return Promise.resolve(present);
    made.push(name);
    return make();
  };
  const authority = (name: AuthorityName) =>
    orMade(found.authorities[name], name, () => makeAuthority(directory, inventory, name, circumstances));
  const [clusterId, planKey, serviceAccount, ca, frontProxy, etcd] = await Promise.all([
    orMade(found.clusterId, 'cluster-id', async () => {
      const id = Buffer.from(circumstances.randomBytes(16)).toString('hex');
      return (await writeOnce(clusterIdFile(directory), `${id}\n`, 0o600)).trim();
    }),
    orMade(found.planKey, 'plan-key', async () => {
      const key = Buffer.from(circumstances.randomBytes(32)).toString('hex');
      return new Secret((await writeOnce(planKeyFile(directory), `${key}\n`, 0o600)).trim());
    }),
    orMade(found.serviceAccount, 'sa', async () => {
      const { privateKey } = await generateKey(rootAlgorithm(inventory));
      const stored = await writeOnce(serviceAccountFile(directory), privateKey.reveal(), 0o600);
      return serviceAccountOf(new Secret(stored));
    }),
    authority('ca'),
    authority('front-proxy-ca'),
    authority('etcd-ca'),
  ]);
  const authorities = { ca, 'front-proxy-ca': frontProxy, 'etcd-ca': etcd };
  return { roots: { clusterId, planKey, serviceAccount, authorities }, made };
}
