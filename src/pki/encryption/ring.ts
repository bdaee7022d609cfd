import { createHash } from 'node:crypto';
import type { Cipher } from '../../inventory/hardening/ciphers.js';
import { Secret } from '../../secret.js';

/** A key that API servers can read with. */
export interface KeyLink {
  readonly provider: Cipher;
  readonly name: string;
  /** Base64, as their configuration has it. */
  readonly secret: Secret;
}

/** A plugin that keeps the keys: `kms` of their configuration. */
export interface PluginLink {
  readonly provider: 'kms';
  readonly apiVersion: 'v1' | 'v2';
  readonly name: string;
  /** unix:///… */
  readonly endpoint: string;
  readonly timeout?: string;
  readonly cachesize?: number;
}

/** One way to read data in etcd; `identity` reads what is not encrypted. */
export type Link = { readonly provider: 'identity' } | KeyLink | PluginLink;

/** Resource → the ways to read its objects, in the order in which they are tried. The first one writes. */
export type Chains = Readonly<Record<string, readonly Link[]>>;

/** How the API servers of a cluster encrypt: all of them have it. */
export interface Ring {
  /** Grows with each change, so that it can be told which of two is the newer one. */
  readonly generation: number;
  readonly chains: Chains;
  /** The key or provider that everything is to be written with when a change that has begun is over; see linkName. */
  readonly toward?: string;
}

export const plain: Link = { provider: 'identity' };

/** `identity`, `secretbox k1a2b3c4`: also what an object in etcd is told by. Never a secret. */
export const linkName = (link: Link): string =>
  link.provider === 'identity' ? 'identity' : `${link.provider} ${link.name}`;

/** True for two ways that read the same data. */
export const isSameLink = (one: Link, other: Link): boolean =>
  linkName(one) === linkName(other) &&
  (!('secret' in one) || !('secret' in other) || one.secret.reveal() === other.secret.reveal());

/** What objects of a resource are written with. */
export const writerOf = ({ chains }: Pick<Ring, 'chains'>, resource: string): Link =>
  chains[resource]?.[0] ?? plain;

/** Every key and plugin of a ring, once. */
export const linksOf = ({ chains }: Pick<Ring, 'chains'>): readonly Link[] => {
  const all = Object.values(chains).flat();
  return all.filter(
    (link, index) =>
      link.provider !== 'identity' && all.findIndex((other) => isSameLink(link, other)) === index,
  );
};

/** What `one` can read and `other` cannot: nobody who has `other` reads its data. */
export const lackingIn = (
  one: Pick<Ring, 'chains'>,
  other: Pick<Ring, 'chains'>,
): readonly { readonly resource: string; readonly link: Link }[] =>
  Object.entries(one.chains).flatMap(([resource, links]) =>
    links
      .filter((link) => !(other.chains[resource] ?? [plain]).some((known) => isSameLink(link, known)))
      .map((link) => ({ resource, link })),
  );

/** Bytes of a key: secretbox takes no other, and AES is AES-256 with it. */
const keySize = 32;

/** A new key. Its name tells which one it is: keys of equal names are equal. */
export function makeKey(provider: Cipher, randomBytes: (size: number) => Buffer): KeyLink {
  const bytes = randomBytes(keySize);
  const name = `k${createHash('sha256').update(`${provider} `).update(bytes).digest('hex').slice(0, 12)}`;
  return { provider, name, secret: new Secret(bytes.toString('base64')) };
}

/** The ring of a cluster that has no data yet. */
export const bornRing = (resources: readonly string[], writer: Link): Ring => ({
  generation: 1,
  chains: chainsOf(resources, [writer]),
});

/** The ring of a cluster whose data are plain so far: all API servers can read what none of them writes yet. */
export const preparedRing = (resources: readonly string[], writer: Link): Ring => ({
  generation: 1,
  chains: chainsOf(resources, [plain, writer]),
});

const chainsOf = (resources: readonly string[], links: readonly Link[]): Chains =>
  Object.fromEntries([...new Set(resources)].sort().map((resource) => [resource, links]));

/** A ring whose keys are known to nobody: for what depends only on where its file lies. */
export const anyRing: Ring = bornRing(['secrets'], {
  provider: 'secretbox',
  name: 'any',
  secret: new Secret(''),
});
