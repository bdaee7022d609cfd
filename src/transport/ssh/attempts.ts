import type { AgentAuthMethod, ParsedKey, PublicKeyAuthMethod } from 'ssh2';
import type { AgentKey, AgentKeys } from './agent-keys.js';
import { onlyOpenssh, unusableFiles } from './certificates.js';
import type { Hop } from './hop.js';
import type { KeyFile, KeyFiles } from './key-files.js';

/** One try to log in. */
export interface Attempt {
  /** Names the key, for messages. */
  readonly label: string;
  readonly method: PublicKeyAuthMethod | AgentAuthMethod;
}

/** Where keys come from. */
export interface KeySources {
  readonly files: KeyFiles;
  readonly agentKeys: (socket: string) => Promise<AgentKeys>;
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
  const { usable: held, others: foreign } =
    hop.agentSocket === undefined ? none : await sources.agentKeys(hop.agentSocket);
  for (const { type, comment } of foreign) note(`${comment || type} (agent: ${onlyOpenssh(type)})`);
  for (const line of await unusableFiles(hop)) note(line);
  const files = await readAll(hop, sources.files, note);
  const named = held.filter(({ key }) => files.some((file) => isSame(publicOf(file), key)));
  const own = files.filter((file) => !named.some(({ key }) => isSame(publicOf(file), key)));
  for (const { kind, path } of own)
    if (kind === 'public') note(`${path} (its private half is not in the agent)`);
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

const none: AgentKeys = { usable: [], others: [] };

/** Files that somebody named and that are of no use are noted: usual ones may well be missing. */
async function readAll(hop: Hop, files: KeyFiles, note: (line: string) => void): Promise<readonly KeyFile[]> {
  const found: KeyFile[] = [];
  for (const path of [...hop.identityFiles, ...hop.usualFiles]) {
    const file = await files.read(path);
    if (file === undefined && hop.identityFiles.includes(path)) note(`${path} (no such file)`);
    if (file?.kind === 'unusable') note(`${path} (${file.why})`);
    if (file !== undefined) found.push(file);
  }
  return found;
}

function publicOf(file: KeyFile): ParsedKey | undefined {
  if (file.kind === 'open') return file.key;
  return file.kind === 'unusable' ? undefined : file.publicKey;
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
