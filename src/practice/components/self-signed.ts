import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

let made: { readonly certificate: string; readonly key: string } | undefined;

/** A certificate that nobody vouches for, as components make for themselves in memory. One for all of them here. */
export function selfSigned(): { readonly certificate: string; readonly key: string } {
  if (made !== undefined) return made;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 3_600_000);
  certificate.validity.notAfter = new Date(Date.now() + 365 * 86_400_000);
  // PrintableString has no @, and Go insists on that. The types of node-forge ask for another enumeration than its code.
  const valueTagClass = forge.asn1.Type.UTF8 as number as forge.asn1.Class;
  const name = [{ name: 'commonName', value: 'localhost@practice', valueTagClass }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  const altNames = [
    { type: 2, value: 'localhost' },
    { type: 7, ip: '127.0.0.1' },
  ];
  certificate.setExtensions([{ name: 'subjectAltName', altNames }]);
  certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  made = { certificate: forge.pki.certificateToPem(certificate), key: privateKey };
  return made;
}
