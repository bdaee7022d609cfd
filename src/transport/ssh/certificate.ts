import { matchesPattern } from './pattern.js';
import { type Reader, reader, string } from './wire.js';

/** A certificate of OpenSSH's, for a host or a user; https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.certkeys */
export interface Certificate {
  readonly kind: 'user' | 'host';
  /** The key that it is about, in SSH's wire format. */
  readonly key: Buffer;
  /** The key of who signed it. */
  readonly authority: Buffer;
  /** What its authority calls it. */
  readonly id: string;
  /** Users or names of hosts. */
  readonly principals: readonly string[];
  /** Seconds since 1970. */
  readonly validFrom: number;
  readonly validUntil: number;
}

/** How many values make the key of each type. */
const fields: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ssh-dss': 4,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'sk-ssh-ed25519@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256@openssh.com': 3,
};

const suffix = '-cert-v01@openssh.com';

/** The certificate that is `bytes`; undefined when it is something else, such as a plain key. Its signature is not looked at. */
export function parseCertificate(bytes: Buffer): Certificate | undefined {
  try {
    return parse(reader(bytes));
  } catch {
    return undefined;
  }
}

/** The certificate in the text of a file, `type base64 comment`. */
export const certificateIn = (text: string): Certificate | undefined =>
  parseCertificate(Buffer.from(text.trim().split(/\s+/)[1] ?? '', 'base64'));

function parse(from: Reader): Certificate | undefined {
  const name = from.string().toString('latin1');
  if (!name.endsWith(suffix)) return undefined;
  const stem = name.slice(0, -suffix.length);
  const type = stem.startsWith('sk-') ? `${stem}@openssh.com` : stem;
  const count = fields[type];
  if (count === undefined) return undefined;
  from.string();
  const values = Array.from({ length: count }, () => string(from.string()));
  from.uint64();
  const kind = from.uint32() === 2 ? 'host' : 'user';
  const id = from.string().toString('utf8');
  const principals = stringsIn(from.string());
  const [validFrom, validUntil] = [from.uint64(), from.uint64()];
  for (let skipped = 0; skipped < 3; skipped += 1) from.string();
  const key = Buffer.concat([string(type), ...values]);
  return { kind, key, authority: from.string(), id, principals, validFrom, validUntil };
}

function stringsIn(bytes: Buffer): readonly string[] {
  const from = reader(bytes);
  const found: string[] = [];
  while (from.at < bytes.length) found.push(from.string().toString('utf8'));
  return found;
}

/**
 * Why a certificate is of no use to `name` now; undefined when nothing speaks against it.
 * @param name the user to log in as, or the host's name without its port
 */
export function whyInvalid(certificate: Certificate, name: string, now: Date): string | undefined {
  const { kind, principals, validFrom, validUntil } = certificate;
  const seconds = now.getTime() / 1000;
  if (seconds >= validUntil) return `it expired on ${dateOf(validUntil)}`;
  if (seconds < validFrom) return `it is not valid before ${dateOf(validFrom)}`;
  const isFor = (principal: string) =>
    kind === 'host' ? matchesPattern(principal, name) : principal === name;
  if (principals.length > 0 && !principals.some(isFor))
    return `it is for ${principals.join(', ')}, and not for ${name}`;
  return undefined;
}

const dateOf = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
