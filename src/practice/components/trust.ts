import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

const blocks = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];

const parsed = new Map<string, X509Certificate>();

/** Parsing and verifying the same certificates again and again would cost most of a big site's time. */
function parse(pem: string): X509Certificate {
  const known = parsed.get(pem);
  if (known !== undefined) return known;
  if (parsed.size > 4000) parsed.clear();
  const certificate = new X509Certificate(pem);
  parsed.set(pem, certificate);
  return certificate;
}

const verdicts = new Map<string, boolean>();

function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  const key = certificate.fingerprint256 + authority.fingerprint256;
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  if (verdicts.size > 10_000) verdicts.clear();
  const verdict = certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  verdicts.set(key, verdict);
  return verdict;
}

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

/** False when a private key does not belong to a certificate. */
export function isPair(certificate: string, key: string): boolean {
  try {
    return parse(blocks(certificate)[0] ?? '').checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
