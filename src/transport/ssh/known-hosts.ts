import { createHash, createHmac } from 'node:crypto';
import { matchesPatterns } from './pattern.js';

/** One line of a known_hosts file; see sshd(8). */
export interface KnownHost {
  /** Patterns, or one hashed name. */
  readonly names: string;
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** The key in base64. */
  readonly key: string;
  /** What the line says of the key: that it is the host's, that it is nobody's, or that it signs hosts' certificates. */
  readonly says: 'key' | 'revoked' | 'authority';
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

export type Verdict =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'revoked'; readonly entry: KnownHost }
  /** The host is known by other keys. */
  | { readonly kind: 'changed'; readonly entries: readonly KnownHost[] };

const markers: Readonly<Record<string, KnownHost['says']>> = {
  '': 'key',
  '@revoked': 'revoked',
  '@cert-authority': 'authority',
};

/** The entries of a file. Lines that cannot be read are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((raw, index) => {
    const words = raw.trim().split(/\s+/);
    if (words[0] === '' || words[0]!.startsWith('#')) return [];
    const marker = words[0]!.startsWith('@') ? words.shift() : undefined;
    const says = markers[marker ?? ''];
    if (says === undefined) return [];
    const [names, type, key] = words;
    if (!names || !type || !key) return [];
    return [{ names, type, key, says, file, line: index + 1 }];
  });
}

/** The name under which a host's key is filed: brackets and port where the port is not 22. */
export const knownName = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

/** The entries for a host. */
export const entriesFor = (entries: readonly KnownHost[], name: string): readonly KnownHost[] =>
  entries.filter(({ names }) =>
    names.startsWith('|') ? hashMatches(names, name) : matchesPatterns(names.split(','), name),
  );

/** `|1|salt|hash`, both in base64: HMAC-SHA1 of the name with the salt as key. */
function hashMatches(names: string, name: string): boolean {
  const [, version, salt, hash] = names.split('|');
  if (version !== '1' || !salt || !hash) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** @param entries those of this host @param key as the host sent it */
export function judgeKey(entries: readonly KnownHost[], key: Buffer): Verdict {
  const text = key.toString('base64');
  const same = entries.filter((entry) => entry.key === text);
  const revoked = same.find(({ says }) => says === 'revoked');
  if (revoked) return { kind: 'revoked', entry: revoked };
  if (same.some(({ says }) => says === 'key')) return { kind: 'trusted' };
  // A key of another type than the known ones counts as changed too: who is in between could choose the type.
  const others = entries.filter(({ says }) => says === 'key');
  return others.length > 0 ? { kind: 'changed', entries: others } : { kind: 'unknown' };
}

/** `SHA256:…`, as ssh-keygen -l shows it. @param key bytes, or their base64 */
export function fingerprint(key: Buffer | string): string {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : key;
  return `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`;
}

/**
 * The type that a key in SSH's wire format names itself: a length, then the name. What is no name (RFC 4251, section 6)
 * becomes `unknown`: it is the server's word, and goes into files and questions.
 */
export function typeOfKey(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  const name = length > 64 ? '' : key.toString('latin1', 4, 4 + length);
  return /^[a-zA-Z0-9][a-zA-Z0-9@._-]*$/.test(name) ? name : 'unknown';
}
