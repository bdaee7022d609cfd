import { join } from 'node:path';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import type { Host, Inventory, Ssh } from '../../inventory/inventory.js';
import { operatorPath } from '../operator-path.js';
import { configFor, type HostConfig } from './config-for.js';
import type { ConfigLine } from './config-lines.js';
import { knownName } from './known-hosts.js';

/** One SSH server on the way to a host, and how to log in there. */
export interface Hop {
  /** The host's name in the inventory, or the jump host's as it was written. */
  readonly label: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Private keys that somebody named, absolute paths. */
  readonly identityFiles: readonly string[];
  /** Private keys to try when nobody named one. */
  readonly usualFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agentSocket?: string;
  readonly knownHostsFiles: readonly string[];
  /** What the host is called in those files. */
  readonly knownName: string;
  /** The inventory's `hostKey`. */
  readonly pinnedKey?: string;
  readonly connectTimeoutMs: number;
}

/** Who the operator is and where, as far as it decides how to log in. */
export interface Operator {
  readonly home: string;
  readonly localUser: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The cluster's own file of host keys. */
  readonly knownHostsFile: string;
}

const usual = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const systemKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
const longestChain = 8;

/** A host's settings over the inventory's. */
export const sshOf = (host: Host, inventory: Inventory): Ssh => ({ ...inventory.spec.ssh, ...host.ssh });

/**
 * The servers to go through, the host itself last. The inventory counts before ssh_config, ssh_config before defaults.
 * A jump host takes its settings from ssh_config by its own name; what that does not say about user and key is taken
 * from the inventory, which has no other place to say it.
 *
 * @throws Failure `inventory` for jumps without end and for a ProxyCommand
 */
export function routeTo(
  host: Host,
  inventory: Inventory,
  lines: readonly ConfigLine[],
  operator: Operator,
): readonly Hop[] {
  const ssh = sshOf(host, inventory);
  const context = { ssh, lines, operator, directory: inventory.directory };
  return chain(context, { alias: host.address, user: ssh.user, port: ssh.port }, ssh.proxyJump, host, []);
}

interface Context {
  readonly ssh: Ssh;
  readonly lines: readonly ConfigLine[];
  readonly operator: Operator;
  readonly directory: string;
}

interface Stop {
  readonly alias: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
}

/** @param jumps what comes before, when that is said; ssh_config is asked otherwise @param target absent for a jump host */
function chain(
  context: Context,
  stop: Stop,
  jumps: string | undefined,
  target: Host | undefined,
  behind: readonly string[],
): readonly Hop[] {
  const { lines, operator } = context;
  const label = target?.name ?? stop.alias;
  if (behind.length > longestChain) throw endless(label, behind);
  const config = configFor(lines, { alias: stop.alias, localUser: operator.localUser, user: stop.user });
  const before = jumps ?? config.proxyJump ?? 'none';
  if (jumps === undefined && (config.proxyJump ?? 'none').toLowerCase() === 'none')
    refuseCommand(label, config);
  const hop = hopOf(context, stop, config, label, target);
  if (before.toLowerCase() === 'none') return [hop];
  const stops = before.split(',').map((text) => parseStop(text.trim(), label));
  // Only the first jump host's own ssh_config may name further ones: the others are reached through it.
  const first = chain(context, stops[0]!, undefined, undefined, [...behind, stop.alias]);
  const others = stops
    .slice(1)
    .flatMap((each) => chain(context, each, 'none', undefined, [...behind, stop.alias]));
  return [...first, ...others, hop];
}

function hopOf(
  context: Context,
  stop: Stop,
  config: HostConfig,
  label: string,
  target: Host | undefined,
): Hop {
  const { ssh, operator, directory } = context;
  const { home, localUser, env } = operator;
  const user = stop.user ?? config.user ?? ssh.user ?? localUser;
  const port = stop.port ?? config.port ?? 22;
  const address = (config.hostName ?? stop.alias).replaceAll('%h', stop.alias).replaceAll('%%', '%');
  const tokens = {
    h: address,
    k: config.hostKeyAlias ?? stop.alias,
    n: stop.alias,
    p: String(port),
    r: user,
    u: localUser,
    d: home,
    '%': '%',
  };
  const path = (text: string, base: string) => operatorPath(expand(text, tokens, env), base, home);
  const own = ssh.identityFile === undefined ? [] : [path(ssh.identityFile, directory)];
  const configured = config.identityFiles.map((file) => path(file, join(home, '.ssh')));
  const identityFiles = target
    ? [...own, ...(ssh.identitiesOnly && own[0] ? [] : configured)]
    : [...configured, ...own];
  const agentSocket = socketOf(config.identityAgent, env, (text) => path(text, home));
  const userFiles =
    ssh.knownHostsFile !== undefined
      ? [path(ssh.knownHostsFile, directory)]
      : (config.userKnownHostsFiles ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']).map((file) =>
          path(file, home),
        );
  const systemFiles = (config.globalKnownHostsFiles ?? systemKnownHosts).map((file) => path(file, home));
  return {
    label,
    address,
    port,
    user,
    identityFiles,
    usualFiles: identityFiles.length > 0 ? [] : usual.map((name) => join(home, '.ssh', name)),
    identitiesOnly: ssh.identitiesOnly ?? config.identitiesOnly ?? false,
    ...(agentSocket === undefined ? {} : { agentSocket }),
    knownHostsFiles: [operator.knownHostsFile, ...userFiles, ...systemFiles],
    knownName: config.hostKeyAlias ?? knownName(address, port),
    ...(target?.hostKey === undefined ? {} : { pinnedKey: target.hostKey }),
    connectTimeoutMs:
      ssh.connectTimeout === undefined
        ? (config.connectTimeout ?? 10) * 1000
        : parseDuration(ssh.connectTimeout),
  };
}

function socketOf(
  identityAgent: string | undefined,
  env: Operator['env'],
  path: (text: string) => string,
): string | undefined {
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return env.SSH_AUTH_SOCK || undefined;
  if (identityAgent.toLowerCase() === 'none') return undefined;
  const variable = /^\$(\w+)$/.exec(identityAgent)?.[1];
  return variable === undefined ? path(identityAgent) : env[variable];
}

const expand = (text: string, tokens: Readonly<Record<string, string>>, env: Operator['env']): string =>
  text
    .replace(/%([hknprud%])/g, (_, token: string) => tokens[token]!)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => env[name] ?? whole);

/** `[user@]host[:port]`, an IPv6 address in brackets, or the same as an ssh:// URI. */
function parseStop(text: string, label: string): Stop {
  const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  if (!match)
    throw new Failure({
      kind: 'inventory',
      doing: `finding the way to ${label}`,
      where: { host: label },
      said: `${JSON.stringify(text)} is not a jump host`,
      next: 'write ssh.proxyJump as [user@]host[:port], several separated by commas',
    });
  const [, user, bracketed, plain, port] = match;
  return { alias: bracketed ?? plain!, user, port: port === undefined ? undefined : Number(port) };
}

const endless = (label: string, behind: readonly string[]): Failure =>
  new Failure({
    kind: 'inventory',
    doing: `finding the way to ${behind[0] ?? label}`,
    where: { host: behind[0] ?? label },
    said: `jump hosts form a loop: ${[...behind, label].join(' via ')}`,
    next: 'correct ProxyJump in ssh_config, or write ssh.proxyJump in the inventory',
  });

function refuseCommand(label: string, { proxyCommand }: HostConfig): void {
  if (proxyCommand === undefined || proxyCommand.toLowerCase() === 'none') return;
  throw new Failure({
    kind: 'inventory',
    doing: `finding the way to ${label}`,
    where: { host: label },
    said: 'ssh_config has a ProxyCommand for it, and podstrap runs no commands of ssh_config',
    next: 'use ProxyJump there or ssh.proxyJump in the inventory; `proxyJump: none` goes straight to the host',
  });
}
