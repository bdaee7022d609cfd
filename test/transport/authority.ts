import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey } from './sshd.js';

/** An authority that signs keys of hosts and users, as Vault, Teleport or step-ca do. */
export interface Authority {
  /** Its public key, `type base64`. */
  readonly publicKey: string;
  readonly publicFile: string;
  /** Signs `KEY.pub`, as `KEY-cert.pub` beside it. @returns that */
  sign(key: string, options: SignOptions): string;
}

export interface SignOptions {
  readonly host?: boolean;
  readonly principals: readonly string[];
  /** As `ssh-keygen -V` takes it. Default: an hour from now on. */
  readonly validity?: string;
}

export function makeAuthority(directory: string): Authority {
  const file = makeKey(join(directory, 'authority'));
  return {
    publicKey: readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' '),
    publicFile: `${file}.pub`,
    sign: (key, { host = false, principals, validity = '-1m:+1h' }) => {
      const what = [...(host ? ['-h'] : []), '-I', 'test certificate', '-n', principals.join(',')];
      execFileSync('ssh-keygen', ['-q', '-s', file, ...what, '-V', validity, `${key}.pub`]);
      return `${key}-cert.pub`;
    },
  };
}
