import { createHash, X509Certificate } from 'node:crypto';
import type { CertificateResource } from '../desired/resource.js';
import type { Inventory } from '../inventory/inventory.js';
import { certificateSpec } from '../pki/catalog.js';
import { judgeCertificate } from '../pki/judge.js';
import type { Keys } from '../pki/keys.js';
import type { JudgeOnHost } from './diff-file.js';

/** Hash of a certificate's public key; undefined for what is no certificate. */
function publicKeyOf(pem: string): string | undefined {
  try {
    const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(spki).digest('hex');
  } catch {
    return undefined;
  }
}

/** True when both are the same authority: the same key, whatever else changed. */
export const sameAuthority = (observed: string, ours: string): boolean =>
  publicKeyOf(observed) !== undefined && publicKeyOf(observed) === publicKeyOf(ours);

/** Judges certificates found on hosts by property: by what the catalog asks of them and by the key of ours. */
export const judgeOnHost =
  (inventory: Inventory, keys: Keys, now: Date): JudgeOnHost =>
  (hostName, wanted: CertificateResource, observedPem) => {
    const host = inventory.spec.hosts.find(({ name }) => name === hostName);
    if (publicKeyOf(observedPem) !== publicKeyOf(wanted.pem))
      return ['it is not for the key that belongs to it'];
    if (host === undefined || wanted.name in keys.authorities) return ['its content differs'];
    const spec = certificateSpec(inventory, host, wanted.name);
    return judgeCertificate(observedPem, spec, keys.authorities[spec.authority].certificate, now).map(
      ({ said }) => said,
    );
  };
