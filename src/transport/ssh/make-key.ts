import ssh2, { type ParsedKey } from 'ssh2';
import { Secret } from '../../secret.js';

export interface SshKey {
  /** In OpenSSH's format. */
  readonly private: Secret;
  /** As known_hosts and authorized_keys have it. */
  readonly line: string;
  readonly parsed: ParsedKey;
}

/**
 * A new Ed25519 key. Nearly one in a hundred that ssh2 makes is malformed, as it drops a leading zero byte; such a one is
 * thrown away.
 */
export function makeSshKey(): SshKey {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    const parsed = ssh2.utils.parseKey(pair.private);
    if (!(parsed instanceof Error) && isWhole(parsed))
      return { private: new Secret(pair.private), line: pair.public.trim(), parsed };
  }
}

const probe = Buffer.from('podstrap');

/** True when what it signs is what it verifies. */
function isWhole(key: ParsedKey): boolean {
  const signature = key.sign(probe);
  return !(signature instanceof Error) && key.verify(probe, signature) === true;
}
