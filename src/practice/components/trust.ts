import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

const blocks = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];

/**
 * Remembers what was found for a key, up to `most` of them: parsing and verifying the same certificates again and again
 * would cost most of a big site's time.
 */
function remember<T>(most: number): (key: string, find: () => T) => T {
  const found = new Map<string, T>();
  return (key, find) => {
    const known = found.get(key);
    if (known !== undefined) return known;
    if (found.size > most) found.clear();
    const value = find();
    found.set(key, value);
    return value;
  };
}

const parsed = remember<X509Certificate>(4000);
const parse = (pem: string): X509Certificate => parsed(pem, () => new X509Certificate(pem));

const signed = remember<boolean>(10_000);
const isSignedBy = (certificate: X509Certificate, authority: X509Certificate): boolean =>
  signed(
    certificate.fingerprint256 + authority.fingerprint256,
    () => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
  );

/** The extended key usages by their object identifiers. */
const usages = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/**
 * What is wrong with a certificate in the eyes of somebody who trusts `authorities`, in the words of Go's TLS; undefined
 * when it is good. Intermediates may stand after the leaf.
 */
export function distrust(
  pem: string,
  authorities: string,
  usage: keyof typeof usages,
  now: number,
): string | undefined {
  const [leaf, ...intermediates] = blocks(pem).map(parse);
  if (leaf === undefined) return 'tls: failed to find any PEM data in certificate input';
  const roots = blocks(authorities).map(parse);
  const isTrusted =
    roots.some((root) => isSignedBy(leaf, root)) ||
    intermediates.some(
      (middle) => isSignedBy(leaf, middle) && roots.some((root) => isSignedBy(middle, root)),
    );
  if (!isTrusted) return 'x509: certificate signed by unknown authority';
  if (Date.parse(leaf.validTo) < now || Date.parse(leaf.validFrom) > now)
    return 'x509: certificate has expired or is not yet valid';
  // keyUsage of node:crypto is the extended one.
  if (leaf.keyUsage !== undefined && !leaf.keyUsage.includes(usages[usage]))
    return 'x509: certificate specifies an incompatible key usage';
  return undefined;
}

/** What is wrong with a server's certificate for a name; undefined when it is good. */
export function distrustServer(
  pem: string,
  authorities: string,
  name: string,
  now: number,
): string | undefined {
  const [leaf] = blocks(pem).map(parse);
  const isNamed = leaf && (isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name)) !== undefined;
  return (
    distrust(pem, authorities, 'server', now) ??
    (isNamed ? undefined : `x509: certificate is valid for ${leaf?.subjectAltName ?? 'nothing'}, not ${name}`)
  );
}

/** Name and groups that a client certificate stands for. */
export function identityOf(pem: string): { readonly name: string; readonly groups: readonly string[] } {
  const lines = parse(blocks(pem)[0] ?? pem).subject.split('\n');
  const values = (field: string) =>
    lines.filter((line) => line.startsWith(`${field}=`)).map((line) => line.slice(field.length + 1));
  return { name: values('CN')[0] ?? '', groups: values('O') };
}

const paired = remember<boolean>(4000);

/** False when a private key does not belong to a certificate. */
export const isPair = (certificate: string, key: string): boolean =>
  paired(certificate + key, () => {
    try {
      return parse(blocks(certificate)[0] ?? '').checkPrivateKey(createPrivateKey(key));
    } catch {
      return false;
    }
  });
