import { word } from '../../host/shell.js';
import type { Hop } from '../ssh/hop.js';
import type { Via } from '../ssh/ways.js';
import type { Desk, Seat } from './desk.js';

/** Seconds for which a master stays without anybody who has joined it: only as long as it takes to join. */
const unused = 15;

/** What one login is about. */
export interface Mastering {
  readonly hop: Hop;
  readonly shown: readonly string[];
  readonly via: Via | undefined;
  readonly desk: Pick<Desk, 'known' | 'through'>;
  readonly seat: Pick<Seat, 'name' | 'controlPath'>;
  readonly canAsk: boolean;
}

/**
 * The arguments with which ssh becomes the master of a connection. They count before anything in ssh_config, which is left
 * what decides how to log in; whom to trust, and what a connection is used for, is ours.
 */
export function masterArguments({ hop, shown, via, desk, seat, canAsk }: Mastering): readonly string[] {
  const options: Readonly<Record<string, string | undefined>> = {
    ControlPersist: `${unused}`,
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: '/dev/null',
    GlobalKnownHostsFile: '/dev/null',
    KnownHostsCommand: `/bin/sh "${plain(desk.known)}" ${seat.name} %I %t %K`,
    CheckHostIP: 'no',
    VerifyHostKeyDNS: 'no',
    NoHostAuthenticationForLocalhost: 'no',
    UpdateHostKeys: 'no',
    HostKeyAlgorithms: shown.length > 0 ? `-${shown.flatMap(algorithmsOf).join(',')}` : undefined,
    BatchMode: canAsk ? 'no' : 'yes',
    ConnectTimeout: `${Math.ceil(hop.connectTimeoutMs / 1000)}`,
    ConnectionAttempts: '1',
    ServerAliveInterval: '15',
    ServerAliveCountMax: '4',
    ProxyCommand: proxyCommand(hop, via, desk),
    ProxyUseFdpass: via ? 'no' : undefined,
    IdentityFile: hop.ownIdentity && `"${plain(hop.ownIdentity)}"`,
    IdentitiesOnly: hop.identitiesOnly ? 'yes' : undefined,
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    Tunnel: 'no',
    PermitLocalCommand: 'no',
    RemoteCommand: 'none',
    RequestTTY: 'no',
    LogLevel: 'ERROR',
  };
  return [
    ...(hop.configFile === undefined ? [] : ['-F', hop.configFile]),
    ...['-f', '-N', '-M', '-S', plain(seat.controlPath), '-l', hop.user, '-p', String(hop.port)],
    ...Object.entries(options).flatMap(([name, value]) => (value ? ['-o', `${name}=${value}`] : [])),
    '--',
    hop.alias,
  ];
}

/** ssh puts something in place of % and a letter. */
const plain = (path: string): string => path.replaceAll('%', '%%');

/** The algorithms that show keys of a type, certificates among them. */
const algorithmsOf = (type: string): readonly string[] =>
  type === 'ssh-rsa' ? ['ssh-rsa*', 'rsa-sha2-*'] : [`${type}*`];

/** Of ssh_config's own only what the inventory does not overrule; undefined leaves it to that. */
function proxyCommand(hop: Hop, via: Via | undefined, desk: Pick<Desk, 'through'>): string | undefined {
  if (via === undefined) return hop.byCommand ? undefined : 'none';
  const socket = via.login.controlPath;
  if (socket === undefined) throw new Error('a host behind a jump host is reached with the same client');
  return `/bin/sh ${plain(word(desk.through))} ${plain(word(socket))} %h %p`;
}
