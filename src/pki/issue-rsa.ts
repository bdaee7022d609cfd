import forge from 'node-forge';
import type { Request } from './issue.js';

/** Makes a certificate with RSA keys through node-forge. */
export function issueRsa(request: Request): string {
  const certificate = forge.pki.createCertificate();
  const issuer = request.issuer === undefined ? undefined : forge.pki.certificateFromPem(request.issuer);
  certificate.publicKey = forge.pki.publicKeyFromPem(request.publicKey);
  certificate.serialNumber = request.serial;
  certificate.validity.notBefore = request.notBefore;
  certificate.validity.notAfter = request.notAfter;
  const subject = [
    ...request.organizations.map((value) => ({ name: 'organizationName', value })),
    { name: 'commonName', value: request.commonName },
  ];
  certificate.setSubject(subject);
  certificate.setIssuer(issuer ? issuer.subject.attributes : subject);
  certificate.setExtensions(extensions(request, issuer));
  certificate.sign(forge.pki.privateKeyFromPem(request.key.reveal()), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/** GeneralName tags of RFC 5280. */
const dnsName = 2;
const ipAddress = 7;

function extensions(request: Request, issuer: forge.pki.Certificate | undefined): object[] {
  const names = [
    ...request.dnsNames.map((value) => ({ type: dnsName, value })),
    ...request.ipAddresses.map((ip) => ({ type: ipAddress, ip })),
  ];
  const usages = Object.fromEntries(request.usages.map((usage) => [usage, true]));
  const issuerKey = issuer?.getExtension('subjectKeyIdentifier') as
    | { subjectKeyIdentifier?: string }
    | undefined;
  return [
    {
      name: 'keyUsage',
      critical: true,
      digitalSignature: true,
      keyEncipherment: true,
      ...(request.authority ? { keyCertSign: true } : {}),
    },
    ...(request.usages.length > 0 ? [{ name: 'extKeyUsage', ...usages }] : []),
    { name: 'basicConstraints', critical: true, cA: request.authority },
    { name: 'subjectKeyIdentifier' },
    ...(issuerKey?.subjectKeyIdentifier === undefined
      ? []
      : [
          {
            name: 'authorityKeyIdentifier',
            keyIdentifier: forge.util.hexToBytes(issuerKey.subjectKeyIdentifier),
          },
        ]),
    ...(names.length > 0 ? [{ name: 'subjectAltName', altNames: names }] : []),
  ];
}
