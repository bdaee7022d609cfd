import { randomBytes } from 'node:crypto';
import { Failure } from '../../failure.js';
import { type Cipher, ciphers } from '../../inventory/hardening/ciphers.js';
import { type KeyLink, linksOf, makeKey, type Ring } from '../encryption/ring.js';
import { readRing, ringText } from '../encryption/ring-text.js';
import { readSecretIfThere, writeWhole } from './store-files.js';

/** The operator's memory of the keys that data in etcd are encrypted with. */
export interface RingStore {
  /** @throws Failure `keystore` when its file is damaged */
  load(): Ring | undefined;
  /** Durable when it returns. Keys that the ring before had, and this one has not, are among the retired ones from then on. */
  save(ring: Ring): Promise<void>;
  /** Keys that no object needs any more, and that snapshots of etcd may. */
  retired(): readonly KeyLink[];
  /** A key that nobody has yet. */
  make(provider: Cipher): KeyLink;
}

export const ringFile = (directory: string): string => `${directory}/pki/encryption.yaml`;
const retiredFile = (directory: string): string => `${directory}/pki/encryption-retired.yaml`;

/** The ring in a cluster's keystore, in the form in which control planes have it. */
export function ringStore(directory: string, random: (size: number) => Buffer = randomBytes): RingStore {
  const read = (file: string, next: string): Ring | undefined => {
    const text = readSecretIfThere(file);
    if (text === undefined) return undefined;
    const ring = readRing(text);
    if (ring !== undefined) return ring;
    throw new Failure({
      kind: 'keystore',
      doing: `Reading ${file}`,
      said: 'it is not an EncryptionConfiguration',
      next,
    });
  };
  const load = () =>
    read(
      ringFile(directory),
      'Put the right file back. Or move it away: podstrap then takes the keys from the control planes, if they agree.',
    );
  const retired = (): readonly KeyLink[] => {
    const ring = read(
      retiredFile(directory),
      'Put the right file back, or move it away: it holds keys that only old snapshots of etcd need.',
    );
    return ring === undefined ? [] : keysIn(ring);
  };
  return {
    load,
    retired,
    make: (provider) => makeKey(provider, random),
    save: async (ring) => {
      const before = load();
      const gone = before === undefined ? [] : keysIn(before).filter((key) => !holds(keysIn(ring), key));
      const old = retired();
      const more = gone.filter((key) => !holds(old, key));
      // First: whatever happens, a key is in one of the two.
      if (more.length > 0)
        await writeWhole(retiredFile(directory), ringText(shelf([...old, ...more])), 0o600);
      await writeWhole(ringFile(directory), ringText(ring), 0o600);
    },
  };
}

const keysIn = (ring: Ring): readonly KeyLink[] =>
  linksOf(ring).filter((link): link is KeyLink => ciphers.some((cipher) => cipher === link.provider));

const holds = (keys: readonly KeyLink[], { name, provider, secret }: KeyLink): boolean =>
  keys.some(
    (key) => key.name === name && key.provider === provider && key.secret.reveal() === secret.reveal(),
  );

/** Kept in the same form: who needs one can move it by hand. */
const shelf = (keys: readonly KeyLink[]): Ring => ({ generation: 0, chains: { secrets: keys } });
