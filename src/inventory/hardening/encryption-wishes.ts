import { flagName } from '../../kubernetes/flags.js';
import type { DeepPartial } from '../draft.js';
import type { Spec } from '../inventory.js';
import type { Cipher } from './ciphers.js';

/** Flags by which a user's own configuration comes in. */
export const encryptionFlags = [
  'encryption-provider-config',
  'encryption-provider-config-automatic-reload',
] as const;

export const isEncryptionFlag = (written: string): boolean =>
  encryptionFlags.some((flag) => flag === flagName(written));

/** True where the configuration of encryption is the user's own: podstrap's stays out of it. */
export const hasOwnEncryption = ({ apiServer }: DeepPartial<Pick<Spec, 'apiServer'>>): boolean =>
  (apiServer?.extraArgs ?? []).some((arg) => isEncryptionFlag(arg?.name ?? ''));

/** What the inventory asks for, where it asks for encryption. */
export function encryptionWishes({ encryption }: Pick<Spec, 'encryption'>): {
  readonly provider: Cipher;
  readonly resources: readonly string[];
} {
  const { provider = 'secretbox', resources = ['secrets'] } = encryption ?? {};
  return { provider: provider === 'identity' ? 'secretbox' : provider, resources };
}
