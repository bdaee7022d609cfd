import { parseDuration } from '../../inventory/duration.js';
import type { Inventory } from '../../inventory/inventory.js';
import { Secret } from '../../secret.js';
import { authorities } from '../catalog.js';
import { rootAlgorithm } from '../certificate-spec.js';
import type { Authority, AuthorityName } from '../keys.js';
import { generateKey } from '../x509/generate-key.js';
import { type Circumstances, issueAuthority } from '../x509/issue.js';
import { placeOf, unusable } from './authorities.js';
import { readSecretIfThere, writeOnce } from './store-files.js';

/**
 * Makes and stores the authority `name`, which must not be the user's own. Its key is written first, and one that is
 * there already is used again: so a run that was killed in between, or a certificate that was lost, never leads to a
 * second key.
 * @throws Failure `keystore` when the key that is there is damaged
 */
export async function makeAuthority(
  directory: string,
  inventory: Inventory,
  name: AuthorityName,
  circumstances: Circumstances,
): Promise<Authority> {
  const place = placeOf(directory, inventory, name);
  const key = new Secret(
    readSecretIfThere(place.key!) ??
      (await writeOnce(place.key!, (await generateKey(rootAlgorithm(inventory))).privateKey.reveal(), 0o600)),
  );
  const wanted = {
    commonName: authorities[name].commonName,
    validityMs: parseDuration(inventory.spec.caCertificateValidityPeriod),
  };
  const issued = await issueAuthority(wanted, key, circumstances).catch((cause: unknown) => {
    throw unusable(place, `its key ${place.key} cannot be used`, undefined, cause);
  });
  return { certificate: await writeOnce(place.certificate, issued, 0o644), key };
}
