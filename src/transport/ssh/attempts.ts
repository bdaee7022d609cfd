import type { AgentAuthMethod, ParsedKey, PublicKeyAuthMethod } from 'ssh2';
import type { AgentKey } from './agent-keys.js';
import type { KeyFile, KeyFiles } from './key-files.js';
import type { Hop } from './route.js';

/** One try to log in. */
export interface Attempt {
  /** Names the key, for messages. */
  readonly label: string;
  readonly method: PublicKeyAuthMethod | AgentAuthMethod;
}

/** Where keys come from. */
export interface KeySources {
  readonly files: KeyFiles;
  readonly agentKeys: (socket: string) => Promise<readonly AgentKey[]>;
}

/**
 * Keys to offer, the likeliest first because servers give up after six: those that somebody named, from the agent or
 * from open files; then what else the agent has; then those that need a passphrase, which is asked only when a key's
 * turn comes.
 *
 * @throws Failure `authentication` when a passphrase is needed and cannot be had
 */
export async function* attempts(
  hop: Hop,
  sources: KeySources,
  note: (line: string) => void,
): AsyncGenerator<Attempt> {
  const held = hop.agentSocket === undefined ? [] : await sources.agentKeys(hop.agentSocket);
  const paths = [...hop.identityFiles, ...hop.usualFiles];
  const read = await Promise.all(paths.map((path) => sources.files.read(path)));
  for (const path of hop.identityFiles)
    if (read[paths.indexOf(path)] === undefined) note(`${path} (no such file)`);
  const files = read.filter((file) => file !== undefined);
  for (const file of files) if (file.kind === 'unusable') note(`${file.path} (${file.why})`);
  const named = held.filter(({ key }) => files.some((file) => isSame(publicOf(file), key)));
  const own = files.filter((file) => !named.some(({ key }) => isSame(publicOf(file), key)));
  const fromAgent = (keys: readonly AgentKey[]) => keys.map((key) => agentAttempt(hop.user, key));
  const fromOpen = own.flatMap((file) =>
    file.kind === 'open' ? [fileAttempt(hop.user, file.path, file.key)] : [],
  );
  const others = hop.identitiesOnly ? [] : held.filter((key) => !named.includes(key));
  const usual = hop.usualFiles.length > 0;
  yield* fromAgent(named);
  yield* usual ? fromAgent(others) : fromOpen;
  yield* usual ? fromOpen : fromAgent(others);
  for (const file of own)
    if (file.kind === 'locked') yield fileAttempt(hop.user, file.path, await sources.files.unlock(file));
}

function publicOf(file: KeyFile): ParsedKey | undefined {
  if (file.kind === 'open') return file.key;
  return file.kind === 'locked' ? file.publicKey : undefined;
}

const isSame = (one: ParsedKey | undefined, other: ParsedKey): boolean =>
  one?.getPublicSSH().equals(other.getPublicSSH()) ?? false;

const agentAttempt = (username: string, { key, agent }: AgentKey): Attempt => ({
  label: `${key.comment || key.type} (agent)`,
  method: { type: 'agent', username, agent },
});

const fileAttempt = (username: string, path: string, key: ParsedKey): Attempt => ({
  label: path,
  method: { type: 'publickey', username, key },
});
