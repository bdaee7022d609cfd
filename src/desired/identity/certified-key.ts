import { Failure } from '../../failure.js';
import type { CertifiedKey } from '../../pki/keys.js';
import type { HostInput } from '../host-input.js';

/**
 * The pair with this name in the catalog, of this host.
 * @throws Failure `keystore` when there is none
 */
export function certifiedKey({ keys, host }: Pick<HostInput, 'keys' | 'host'>, name: string): CertifiedKey {
  const pair = keys.hosts[host.name]?.[name];
  if (pair !== undefined) return pair;
  throw new Failure({
    kind: 'keystore',
    doing: `taking the certificate ${name} from the keystore`,
    where: { host: host.name, phase: 'certificates' },
    said: 'it is not there',
  });
}
