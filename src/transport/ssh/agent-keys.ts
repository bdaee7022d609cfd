import { connect } from 'node:net';
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';
import { typeOfKey } from './known-hosts.js';
import { framed, reader, string } from './wire.js';

/** One key that an agent holds, and an agent that offers this key only. */
export interface AgentKey {
  readonly key: ParsedKey;
  readonly agent: BaseAgent;
}

/** What an agent holds. */
export interface AgentKeys {
  readonly usable: readonly AgentKey[];
  /** Security keys and certificates, which only OpenSSH can use. */
  readonly others: readonly { readonly type: string; readonly comment: string }[];
}

/** https://www.rfc-editor.org/rfc/rfc9987#section-3.5 */
const message = { list: 11, keys: 12 } as const;

/** An agent that says nothing has no keys. Milliseconds. */
const patienceMs = 10_000;

/** The keys of the agents of a run; each agent is asked once. An agent that does not answer has no keys. */
export function agentKeys(): (socket: string) => Promise<AgentKeys> {
  const known = new Map<string, Promise<AgentKeys>>();
  return (socket) => {
    const found = known.get(socket) ?? ask(socket);
    known.set(socket, found);
    return found;
  };
}

interface Held {
  readonly bytes: Buffer;
  readonly comment: string;
}

async function ask(socket: string): Promise<AgentKeys> {
  const agent = ssh2.createAgent(socket);
  const held = await list(socket).catch((): readonly Held[] => []);
  const usable: AgentKey[] = [];
  const others: { type: string; comment: string }[] = [];
  for (const { bytes, comment } of held) {
    const type = typeOfKey(bytes);
    const key = ssh2.utils.parseKey(`${type} ${bytes.toString('base64')} ${comment}`);
    if (key instanceof Error || type.includes('-cert-')) others.push({ type, comment });
    else usable.push({ key, agent: only(agent, key) });
  }
  return { usable, others };
}

/** All that an agent holds: ssh2 itself passes over what it cannot use. */
function list(path: string): Promise<readonly Held[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the agent said nothing')));
    const take = framed((answer) => {
      const body = reader(answer);
      if (body.byte() !== message.keys) return void socket.destroy();
      const keys = Array.from({ length: body.uint32() }, () => ({
        bytes: body.string(),
        comment: body.string().toString('utf8'),
      }));
      resolve(keys);
      socket.destroy();
    });
    socket.on('data', (bytes: Buffer) => {
      try {
        take(bytes);
      } catch (error) {
        reject(error);
        socket.destroy();
      }
    });
    socket.write(string(Buffer.from([message.list])));
  });
}

/** ssh2 would offer all keys of an agent in the agent's order; servers cut that off after six. */
function only(agent: BaseAgent, key: ParsedKey): BaseAgent {
  return Object.create(agent, {
    getIdentities: { value: (done: (error: undefined, keys: ParsedKey[]) => void) => done(undefined, [key]) },
  }) as BaseAgent;
}
