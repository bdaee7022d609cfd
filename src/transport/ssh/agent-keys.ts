import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';

/** One key that an agent holds, and an agent that offers this key only. */
export interface AgentKey {
  readonly key: ParsedKey;
  readonly agent: BaseAgent;
}

/** The keys of the agents of a run; each agent is asked once. An agent that does not answer has no keys. */
export function agentKeys(): (socket: string) => Promise<readonly AgentKey[]> {
  const known = new Map<string, Promise<readonly AgentKey[]>>();
  return (socket) => {
    const found = known.get(socket) ?? ask(socket);
    known.set(socket, found);
    return found;
  };
}

function ask(socket: string): Promise<readonly AgentKey[]> {
  const agent = ssh2.createAgent(socket);
  return new Promise((resolve) => {
    agent.getIdentities((error, keys) => {
      const parsed = error ? [] : (keys ?? []).map((key) => ssh2.utils.parseKey(key as ParsedKey));
      const usable = parsed.filter((key): key is ParsedKey => !(key instanceof Error));
      resolve(usable.map((key) => ({ key, agent: only(agent, key) })));
    });
  });
}

/** ssh2 would offer all keys of an agent in the agent's order; servers cut that off after six. */
function only(agent: BaseAgent, key: ParsedKey): BaseAgent {
  return Object.create(agent, {
    getIdentities: { value: (done: (error: undefined, keys: ParsedKey[]) => void) => done(undefined, [key]) },
  }) as BaseAgent;
}
