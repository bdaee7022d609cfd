import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { homedir } from 'node:os';
import { Failure } from '../../failure.js';
import type { Inventory } from '../../inventory/inventory.js';
import { resolvePath } from '../../inventory/reading/files.js';
import { Secret } from '../../secret.js';
import { authorities } from '../catalog.js';
import type { Authority, AuthorityName } from '../keys.js';
import { readCertificates } from '../x509/read-certificates.js';
import { readIfThere, readSecretIfThere } from './store-files.js';

export interface Place {
  readonly name: AuthorityName;
  readonly certificate: string;
  readonly key: string | undefined;
  /** Files of the user; podstrap reads them where they are and never writes there. */
  readonly foreign: boolean;
}

/** Where the authority `name` is kept. */
export function placeOf(directory: string, inventory: Inventory, name: AuthorityName): Place {
  const own = inventory.spec.certificateAuthorities[name];
  if (own === undefined) {
    const file = `${directory}/${authorities[name].file}`;
    return { name, certificate: `${file}.crt`, key: `${file}.key`, foreign: false };
  }
  const path = (file: string) => resolvePath(file, { directory: inventory.directory, home: homedir() });
  return {
    name,
    certificate: path(own.certificate),
    key: own.key === undefined ? undefined : path(own.key),
    foreign: true,
  };
}

/**
 * The authority `name`, the user's own or the one in the keystore; undefined when it has to be made.
 * @throws Failure `keystore` when it is of no use
 */
export function readAuthority(
  directory: string,
  inventory: Inventory,
  name: AuthorityName,
  now: Date,
): Authority | undefined {
  const place = placeOf(directory, inventory, name);
  const certificate = readIfThere(place.certificate);
  const key = place.key === undefined ? undefined : readSecretIfThere(place.key);
  if (place.foreign && certificate === undefined) throw unusable(place, 'there is no such file');
  if (place.foreign && place.key !== undefined && key === undefined)
    throw unusable(place, `its key ${place.key} is not there`);
  if (certificate === undefined) return undefined;
  check(place, certificate, key, now);
  return { certificate, ...(key === undefined ? {} : { key: new Secret(key) }) };
}

function check(place: Place, pem: string, key: string | undefined, now: Date): void {
  const certificate = readCertificates(pem)[0]?.x509;
  if (certificate === undefined) throw unusable(place, 'it holds no certificate, or a damaged one');
  if (!certificate.ca)
    throw unusable(place, 'its first certificate may not sign others (basic constraints or key usage)');
  if (now.getTime() > Date.parse(certificate.validTo))
    throw unusable(place, `it expired on ${certificate.validTo}`);
  if (now.getTime() < Date.parse(certificate.validFrom))
    throw unusable(
      place,
      `it is valid from ${certificate.validFrom}, and this machine’s clock says ${now.toISOString()}`,
      'Set the clock, then run the command again.',
    );
  if (key !== undefined) checkKey(place, certificate, key);
}

function checkKey(place: Place, certificate: X509Certificate, key: string): void {
  if (isEncrypted(key))
    throw unusable(
      place,
      `its key ${place.key} has a passphrase`,
      `Decrypt it for podstrap: (umask 077; openssl pkey -in ${place.key} -out PLAIN.key). Or leave the key out: then ` +
        'podstrap writes requests for you to have signed.',
    );
  let fits: boolean;
  try {
    fits = certificate.checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw unusable(place, `its key ${place.key} is damaged`, undefined, cause);
  }
  if (!fits) throw unusable(place, `its key ${place.key} belongs to another certificate`);
}

/** PKCS#8 with a passphrase, or the older way with headers (RFC 1421). */
const isEncrypted = (pem: string): boolean =>
  pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || /^Proc-Type: 4,ENCRYPTED/m.test(pem);

/** Why an authority is of no use, and what to do about it. */
export const unusable = (
  { name, certificate, foreign }: Place,
  said: string,
  next = foreign
    ? `Put the right files where spec.certificateAuthorities.${name} of the inventory says, or change it.`
    : 'Put the right file back, from a backup if need be. podstrap never makes a new authority over an old one.',
  cause?: unknown,
): Failure =>
  new Failure({
    kind: 'keystore',
    doing: `Loading the certificate authority ${name} from ${certificate}`,
    said,
    next,
    cause,
  });
