import type { CertificateResource } from '../../desired/resource.js';
import type { Inventory } from '../../inventory/inventory.js';
import { certificateSpec } from '../../pki/certificate-spec.js';
import { judgeCertificate } from '../../pki/judge.js';
import type { Keys } from '../../pki/keys.js';
import { describeCertificate } from '../../pki/x509/inspect.js';
import { publicKeyOf } from '../../pki/x509/public-key.js';
import type { JudgeOnHost } from './diff-file.js';

/** True when both are the same authority: the same key, whatever else changed. */
export const sameAuthority = (observed: string, ours: string): boolean =>
  publicKeyOf(observed) !== undefined && publicKeyOf(observed) === publicKeyOf(ours);

/** Judges certificates found on hosts by property: by what the catalog asks of them and by the key of ours. */
export const judgeOnHost =
  (inventory: Inventory, keys: Keys, now: Date): JudgeOnHost =>
  (hostName, wanted: CertificateResource, observedPem) => {
    const host = inventory.spec.hosts.find(({ name }) => name === hostName);
    const sameKey = publicKeyOf(observedPem) === publicKeyOf(wanted.pem);
    if (host === undefined || wanted.name in keys.authorities)
      return [sameKey ? 'its content differs' : 'it is not for the key that belongs to it'];
    const spec = certificateSpec(inventory, host, wanted.name);
    const { certificate } = keys.authorities[spec.authority];
    const judgements = judgeCertificate(observedPem, spec, certificate, now);
    const said = judgements.map((judgement) => judgement.said);
    if (sameKey) return said;
    if (judgements.some(({ problem }) => problem === 'issuer' || problem === 'unreadable'))
      return [...said, 'it is not for the key that belongs to it'];
    return said.length > 0 ? said : [renewed(observedPem)];
  };

const renewed = (pem: string): string =>
  `it was renewed in the keystore; the one on the host expires on ${describeCertificate(pem).notAfter.toISOString().slice(0, 10)}`;
