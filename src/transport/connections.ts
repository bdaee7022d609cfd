import { setMaxListeners } from 'node:events';
import { userInfo } from 'node:os';
import { Failure } from '../failure.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import { lanes } from '../lanes.js';
import type { ConnectOptions } from './connect-options.js';
import { briefAtOnce, inTurn } from './in-turn.js';
import { localTransport } from './local.js';
import { opensshConfigs } from './openssh/ask-config.js';
import { desks } from './openssh/desk.js';
import { opensshClient } from './openssh/login.js';
import { requireOpenssh } from './openssh/program.js';
import { questions } from './questions.js';
import { agentKeys } from './ssh/agent-keys.js';
import { builtIn } from './ssh/built-in.js';
import { configFor } from './ssh/config/config-for.js';
import type { ConfigLine } from './ssh/config/config-lines.js';
import { readConfig } from './ssh/config/read-config.js';
import type { Client } from './ssh/hop.js';
import { keyFiles } from './ssh/key-files.js';
import { type ConfigOf, configFileOf, routeTo, sshOf } from './ssh/route.js';
import { sshTransport } from './ssh/ssh.js';
import { trust, UnknownKey } from './ssh/trust.js';
import { type Ways, ways } from './ssh/ways.js';
import { sudoPasswords } from './sudo-passwords.js';
import type { Transport } from './transport.js';

/**
 * The ways from the operator to the hosts. Whoever keeps it for a whole run has each password, passphrase and host key
 * asked once only, also when a host is connected to again.
 */
export interface Connections {
  /** @throws Failure `unreachable`, `authentication`, `host-key`, `inventory`, `usage` or `interrupted` */
  connect(host: Host): Promise<Transport>;
  /** Every host's transport, or why there is none; in the order of `hosts`. */
  connectAll(hosts: readonly Host[]): Promise<ReadonlyMap<string, Transport | Failure>>;
}

/** Handshakes at once: more of them starve each other until each one seems too slow. */
const handshakes = 48;

export function connections(inventory: Inventory, options: ConnectOptions): Connections {
  const { home, env, knownHostsFile, acceptNewHostKeys, prompts } = options;
  const asked = questions(prompts);
  const passwords = sudoPasswords(asked);
  const stop = stopSignal(options.signal);
  const known = trust(knownHostsFile, acceptNewHostKeys, asked);
  const reach: Readonly<Record<Client, Ways>> = {
    'built-in': ways(
      builtIn({ keys: { files: keyFiles(asked), agentKeys: agentKeys() }, trust: known }, stop),
    ),
    openssh: ways(
      opensshClient({ desk: desks(env), trust: known, questions: asked, env, now: () => new Date() }, stop),
    ),
  };
  const operator = {
    home,
    env,
    knownHostsFile,
    localUser: env.USER || env.LOGNAME || userInfo().username,
  };
  const configs = new Map<string | undefined, readonly ConfigLine[]>();
  const configOf = (named: string | undefined): readonly ConfigLine[] => {
    const found = configs.get(named) ?? readConfig(named, home);
    configs.set(named, found);
    return found;
  };
  const lane = lanes(handshakes);
  const turn = lanes(briefAtOnce);
  const byOpenssh = opensshConfigs(env, stop);
  let fit: Promise<void> | undefined;
  /** What ssh_config says to one client. Each reads it as it will do itself. */
  const readBy = async (client: Client, configFile: string | undefined): Promise<ConfigOf> => {
    if (client === 'built-in') return (query) => configFor(configOf(configFile), query);
    fit ??= requireOpenssh(env);
    await fit;
    return (query) => byOpenssh(configFile, query);
  };

  const connectHere = (host: Host): Transport => {
    const user = userInfo().username;
    const isRoot = process.getuid?.() === 0;
    const become = sshOf(host, inventory).become ?? (isRoot ? 'none' : 'sudo');
    return localTransport({ host: host.name, user, become, env, password: passwords(user, host.name) });
  };
  const connectThere = async (host: Host): Promise<Transport> => {
    const ssh = sshOf(host, inventory);
    const client = ssh.client ?? 'built-in';
    const configFile = configFileOf(ssh, inventory.directory, home);
    const route = await routeTo(host, inventory, await readBy(client, configFile), operator);
    const { user, port } = route.at(-1)!;
    const become = ssh.become ?? (user === 'root' ? 'none' : 'sudo');
    const login = await reach[client].to(route);
    return sshTransport({ host: host.name, user, port, become, password: passwords(user, host.name) }, login);
  };
  const attempt = (host: Host): Promise<Transport> =>
    lane(async () => {
      stop.throwIfAborted();
      return inTurn(host.transport === 'local' ? connectHere(host) : await connectThere(host), turn);
    });
  /** Hosts whose keys are not known are asked about together, and then connected to again: behind one may be others. */
  const connectAll: Connections['connectAll'] = async (hosts) => {
    const results = new Map(
      await Promise.all(
        hosts.map(async (host) => [host.name, await attempt(host).catch(asFailure)] as const),
      ),
    );
    const strangers = [...results.values()].filter((result) => result instanceof UnknownKey);
    if (strangers.length === 0 || !(await known.meet(strangers))) return results;
    const again = hosts.filter(({ name }) => results.get(name) instanceof UnknownKey);
    return new Map([...results, ...(await connectAll(again))]);
  };
  return {
    connectAll,
    connect: async (host) => {
      const result = (await connectAll([host])).get(host.name)!;
      if (result instanceof Failure) throw result;
      return result;
    },
  };
}

/** One host's trouble, even a defect, must not lose the connections to the others. */
function asFailure(cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  return new Failure({ kind: 'internal', doing: 'connecting', said: String(cause), cause });
}

/** The operator's signal with a Failure as its reason. */
function stopSignal(signal: AbortSignal | undefined): AbortSignal {
  const stop = new AbortController();
  // Every host that is being connected to listens.
  setMaxListeners(0, stop.signal);
  const abort = () =>
    stop.abort(new Failure({ kind: 'interrupted', doing: 'connecting to hosts', said: 'stopped as asked' }));
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return stop.signal;
}
