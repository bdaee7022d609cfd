import { join } from 'node:path';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import type { Host, Inventory, Ssh } from '../../inventory/inventory.js';
import { operatorPath } from '../operator-path.js';
import type { HostConfig, Query } from './config/config-for.js';
import { notUnderstood } from './config/config-values.js';
import type { Client, Hop } from './hop.js';
import { knownName } from './known-hosts.js';

/** What ssh_config says of a host, for one client. */
export type ConfigOf = (query: Query) => HostConfig | Promise<HostConfig>;

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
 * @throws Failure `inventory` for jumps without end and for what a client cannot do, or what `configOf` throws
 */
export async function routeTo(
  host: Host,
  inventory: Inventory,
  configOf: ConfigOf,
  operator: Operator,
): Promise<readonly Hop[]> {
  const ssh = sshOf(host, inventory);
  const configFile = configFileOf(ssh, inventory.directory, operator.home);
  const context = { ssh, configFile, configOf, operator, directory: inventory.directory };
  return chain(context, { alias: host.address, user: ssh.user, port: ssh.port }, ssh.proxyJump, host, []);
}

/** The file that the inventory names, `none`, or undefined where it names none. */
export const configFileOf = ({ configFile }: Ssh, directory: string, home: string): string | undefined =>
  configFile === undefined || configFile === 'none' ? configFile : operatorPath(configFile, directory, home);

interface Context {
  readonly ssh: Ssh;
  readonly configFile: string | undefined;
  readonly configOf: ConfigOf;
  readonly operator: Operator;
  readonly directory: string;
}

interface Stop {
  readonly alias: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
}

/** @param jumps what comes before, when that is said; ssh_config is asked otherwise @param target absent for a jump host */
async function chain(
  context: Context,
  stop: Stop,
  jumps: string | undefined,
  target: Host | undefined,
  behind: readonly string[],
): Promise<readonly Hop[]> {
  const { ssh, configOf, operator } = context;
  const label = target?.name ?? stop.alias;
  if (behind.length > longestChain) throw endless(label, behind);
  const { alias, user, port } = stop;
  const config = await configOf({ alias, localUser: operator.localUser, user, port });
  refuseKnownHostsCommand(label, config);
  const before = jumps ?? config.proxyJump ?? 'none';
  const byCommand = jumps === undefined && isSet(config.proxyCommand) && !isSet(config.proxyJump);
  if (byCommand && clientOf(ssh) === 'built-in')
    throw notUnderstood({
      keyword: 'proxycommand',
      rest: config.proxyCommand!,
      place: config.places?.get('proxycommand') ?? 'ssh_config',
    }).at({ host: label });
  const hop = hopOf(context, stop, config, label, byCommand, target);
  if (before.toLowerCase() === 'none') return [hop];
  const stops = before.split(',').map((text) => parseStop(text.trim(), label));
  // Only the first jump host's own ssh_config may name further ones: the others are reached through it.
  const first = await chain(context, stops[0]!, undefined, undefined, [...behind, stop.alias]);
  const others = await Promise.all(
    stops.slice(1).map((each) => chain(context, each, 'none', undefined, [...behind, stop.alias])),
  );
  return [...first, ...others.flat(), hop];
}

function hopOf(
  context: Context,
  stop: Stop,
  config: HostConfig,
  label: string,
  byCommand: boolean,
  target: Host | undefined,
): Hop {
  const { ssh, configFile, operator, directory } = context;
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
  const path = (text: string, base: string, keyword?: string) => {
    const place = config.places?.get(`${keyword} ${text}`) ?? config.places?.get(`${keyword}`);
    const unknown = (part: string) => {
      // The inventory's are what they are, and OpenSSH knows its own.
      if (place === undefined) return part;
      throw notUnderstood({ keyword: keyword!, rest: text, place }).at({ host: label });
    };
    return operatorPath(expand(text, tokens, env, unknown), base, home);
  };
  const own = ssh.identityFile === undefined ? [] : [path(ssh.identityFile, directory)];
  const configured = named(config.identityFiles).map((file) =>
    path(file, join(home, '.ssh'), 'identityfile'),
  );
  const identityFiles = target
    ? [...own, ...(ssh.identitiesOnly && own[0] ? [] : configured)]
    : [...configured, ...own];
  const agentSocket = socketOf(config.identityAgent, env, (text) => path(text, home, 'identityagent'));
  const userFiles =
    ssh.knownHostsFile !== undefined
      ? [path(ssh.knownHostsFile, directory)]
      : (config.userKnownHostsFiles ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']).map((file) =>
          path(file, home, 'userknownhostsfile'),
        );
  const systemFiles = (config.globalKnownHostsFiles ?? systemKnownHosts).map((file) =>
    path(file, home, 'globalknownhostsfile'),
  );
  return {
    label,
    client: clientOf(ssh),
    alias: stop.alias,
    ...(configFile === undefined ? {} : { configFile }),
    address,
    port,
    user,
    byCommand,
    ...(own[0] === undefined ? {} : { ownIdentity: own[0] }),
    identityFiles,
    certificateFiles: named(config.certificateFiles ?? []).map((file) =>
      path(file, join(home, '.ssh'), 'certificatefile'),
    ),
    usualFiles: identityFiles.length > 0 ? [] : usual.map((name) => join(home, '.ssh', name)),
    identitiesOnly: ssh.identitiesOnly ?? config.identitiesOnly ?? false,
    ...(agentSocket === undefined ? {} : { agentSocket }),
    knownHostsFiles: [operator.knownHostsFile, ...userFiles, ...systemFiles],
    knownName: config.hostKeyAlias ?? knownName(address, port),
    certificateName: config.hostKeyAlias ?? address.toLowerCase(),
    ...(config.family === undefined ? {} : { family: config.family }),
    ...(target?.hostKey === undefined ? {} : { pinnedKey: target.hostKey }),
    connectTimeoutMs:
      ssh.connectTimeout === undefined
        ? (config.connectTimeout ?? 10) * 1000
        : parseDuration(ssh.connectTimeout),
  };
}

/** `none` is no file. */
const named = (files: readonly string[]): readonly string[] => files.filter((file) => file !== 'none');

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

/** @param unknown what becomes of a token that is not known, or of a variable that is not set */
const expand = (
  text: string,
  tokens: Readonly<Record<string, string>>,
  env: Operator['env'],
  unknown: (part: string) => string,
): string =>
  text
    .replace(/%(.|$)/g, (whole, token: string) => tokens[token] ?? unknown(whole))
    .replace(/\$\{(.*?)\}/g, (whole, name: string) => env[name] ?? unknown(whole));

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

const clientOf = ({ client }: Ssh): Client => client ?? 'built-in';

const isSet = (value: string | undefined): boolean => value !== undefined && value.toLowerCase() !== 'none';

/** podstrap checks keys itself, by a KnownHostsCommand of its own. */
function refuseKnownHostsCommand(label: string, { knownHostsCommand }: HostConfig): void {
  if (!isSet(knownHostsCommand)) return;
  throw new Failure({
    kind: 'inventory',
    doing: `finding the way to ${label}`,
    where: { host: label },
    said: 'ssh_config has a KnownHostsCommand for it, and podstrap takes host keys from files and pins only',
    next: 'write the keys into a file that ssh.knownHostsFile names, or as hostKey into the inventory, and `KnownHostsCommand none` before that line',
  });
}
