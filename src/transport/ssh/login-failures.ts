import { Failure } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import { Unreachable } from './dial.js';
import type { Hop } from './hop.js';

/** What is known about a login, for the case that it fails. */
export interface Misfortune {
  stage: 'handshake' | 'authentication' | 'ready';
  /** The keys that were offered, or why one was not. */
  readonly tried: string[];
  /** ssh2's last error; `level` says what part of it failed, a numeric `code` is the server's goodbye. */
  error?: Error & { readonly level?: string; readonly code?: string | number };
  /** Our own reason to go no further. */
  refusal?: Failure;
  /** There is no further key. */
  exhausted?: boolean;
  /** Ways to log in that the server still takes. */
  accepted?: readonly string[];
  /** The server took a key and wants something else as well. */
  partial?: boolean;
}

export function whyNoLogin(hop: Hop, state: Misfortune): Failure {
  const { refusal, stage, error, exhausted } = state;
  // Its own kind of failure stays what it is; each names its host.
  if (refusal) return refusal.where.host === undefined ? refusal.at({ host: hop.label }) : refusal;
  if (stage === 'handshake' && error?.level === 'handshake') return new NoAgreement(hop, error);
  if (stage === 'authentication' && (exhausted || typeof error?.code === 'number'))
    return notLetIn(hop, state);
  const said = error?.message ?? 'the server ended the connection';
  return new Unreachable(hop, undefined, said, stage === 'handshake');
}

export const loginTimedOut = (hop: Hop, milliseconds: number): Failure =>
  new Unreachable(hop, undefined, `the SSH server said nothing for ${milliseconds / 1000} s`, true);

export const lostFailure = (hop: Hop, { error }: Misfortune): Failure =>
  new Failure({
    kind: 'connection-lost',
    doing: `talking to ${bracket(hop.address)}:${hop.port}`,
    where: { host: hop.label },
    said: error?.message ?? 'the connection was closed',
    next: 'run the same command again: it continues where this one stopped',
    cause: error,
  });

/** Client and server have no algorithm in common. */
export class NoAgreement extends Failure {
  constructor(hop: Hop, error: Error) {
    super({
      kind: 'unreachable',
      doing: `agreeing on algorithms with ${bracket(hop.address)}:${hop.port}`,
      where: { host: hop.label },
      said: error.message,
      next: 'set `ssh.client: openssh`, which knows more of them; or let sshd offer curve25519-sha256 and an ssh-ed25519, ecdsa or rsa-sha2 host key (KexAlgorithms, HostKeyAlgorithms)',
      cause: error,
    });
  }
}

function notLetIn(hop: Hop, { tried, error, accepted, partial }: Misfortune): Failure {
  const keys = tried.length === 0 ? 'no key: there is none in the agent or in ~/.ssh' : tried.join(', ');
  const goodbye = typeof error?.code === 'number' ? `; the server said: ${error.message}` : '';
  const methods = accepted === undefined ? '' : `; the server still takes: ${accepted.join(', ')}`;
  return new Failure({
    kind: 'authentication',
    doing: `logging in to ${bracket(hop.address)}:${hop.port} as ${hop.user}`,
    where: { host: hop.label },
    said: `${partial ? 'a key alone is not enough' : 'refused'}; offered ${keys}${goodbye}${methods}`,
    next: adviceFor(hop, tried.length, goodbye !== ''),
    cause: error,
  });
}

function adviceFor(hop: Hop, offered: number, cutShort: boolean): string {
  if (cutShort && offered > 3) return 'offer fewer keys: set ssh.identityFile and ssh.identitiesOnly: true';
  const test = `\`ssh -p ${hop.port} ${hop.user}@${hop.address} true\``;
  return `see that ${test} works without a password; set ssh.user and ssh.identityFile, or load the key with ssh-add`;
}
