import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, type FailureAnswers } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import { lanes } from '../../lanes.js';
import type { Questions } from '../questions.js';
import {
  entriesFor,
  fingerprint,
  judgeKey,
  type KnownHost,
  parseKnownHosts,
  typeOfKey,
} from './known-hosts.js';
import type { Hop } from './route.js';

/**
 * The key that the server showed is not the pinned one, but the pin is a fingerprint, which does not tell its type: the
 * server may have it beside the one that it showed.
 */
export class NotThatKey extends Failure {
  readonly type: string;

  constructor(answers: FailureAnswers, type: string) {
    super(answers);
    this.type = type;
  }
}

/** Decides about host keys, and remembers the new ones in the cluster's file. */
export interface Trust {
  /** Key types by which the host is known, the wanted one first: ssh2 should ask for one of these. */
  knownTypes(hop: Hop): Promise<readonly string[]>;
  /** @throws Failure `host-key` when the key is not to be trusted, NotThatKey when the server may have another one */
  check(hop: Hop, key: Buffer): Promise<void>;
}

/** @param newKeys the cluster's known_hosts, where newly trusted keys go */
export function trust(newKeys: string, acceptNew: boolean, questions: Questions): Trust {
  const files = new Map<string, Promise<readonly KnownHost[]>>();
  const oneAtATime = lanes(1);
  // By which type a pinned fingerprint was found, so that it is looked for once.
  const foundByPrint = new Map<string, string>();
  const entries = async (hop: Hop): Promise<readonly KnownHost[]> => {
    const all = await Promise.all(
      hop.knownHostsFiles.map((file) => {
        const known = files.get(file) ?? readKnownHosts(file);
        files.set(file, known);
        return known;
      }),
    );
    return entriesFor(all.flat(), hop.knownName);
  };
  const meet = async (hop: Hop, key: Buffer): Promise<void> => {
    // Asked again: another host behind the same address may have been accepted while this one waited.
    const verdict = judgeKey(await entries(hop), key);
    if (verdict.kind === 'trusted') return;
    if (!acceptNew && !(await questions.confirm(introduction(hop, key)))) throw unknownKey(hop, key, newKeys);
    await append(newKeys, `${hop.knownName} ${typeOfKey(key)} ${key.toString('base64')}`);
    files.delete(newKeys);
  };
  return {
    knownTypes: async (hop) => {
      const pinned = /^(\S+) \S/.exec(hop.pinnedKey ?? '')?.[1];
      if (pinned !== undefined) return [pinned];
      const known = (await entries(hop)).filter(({ revoked }) => !revoked);
      if (hop.pinnedKey === undefined) return known.map(({ type }) => type);
      const print = printOf(hop.pinnedKey);
      const type = foundByPrint.get(print) ?? known.find(({ key }) => fingerprint(key) === print)?.type;
      return type === undefined ? [] : [type];
    },
    check: async (hop, key) => {
      const verdict = judgeKey(await entries(hop), key);
      if (verdict.kind === 'revoked') throw revokedKey(hop, key, verdict.entry);
      if (hop.pinnedKey !== undefined) {
        checkPinned(hop, hop.pinnedKey, key);
        foundByPrint.set(printOf(hop.pinnedKey), typeOfKey(key));
        return;
      }
      if (verdict.kind === 'changed') throw changedKey(hop, key, verdict.entries);
      if (verdict.kind === 'unknown') await oneAtATime(() => meet(hop, key));
    },
  };
}

async function readKnownHosts(file: string): Promise<readonly KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file);
  } catch {
    // Not there, or not for us to read: it vouches for nobody.
    return [];
  }
}

/** One write of one line to the file's end, so that two runs at once cannot mix theirs. */
async function append(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1, '\n');
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    await handle.write(`${last.toString() === '\n' ? '' : '\n'}${line}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The fingerprint of a pinned key, which may be written as one. */
const printOf = (pinned: string): string =>
  pinned.startsWith('SHA256:') ? pinned.replace(/=+$/, '') : fingerprint(pinned.split(/\s+/)[1] ?? '');

function checkPinned(hop: Hop, pinned: string, key: Buffer): void {
  const wanted = printOf(pinned);
  if (wanted === fingerprint(key)) return;
  const other = answers(
    hop,
    `it offers ${describe(key)}, but the inventory's hostKey is ${wanted}`,
    'if the host was made anew, write its new key into hostKey; otherwise somebody may be in between',
  );
  throw pinned.startsWith('SHA256:') ? new NotThatKey(other, typeOfKey(key)) : new Failure(other);
}

const describe = (key: Buffer): string => `${typeOfKey(key)} ${fingerprint(key)}`;

const introduction = (hop: Hop, key: Buffer): string =>
  `The host key of ${hop.label} (${hop.knownName}) is not known: ${describe(key)}. Trust it from now on?`;

function unknownKey(hop: Hop, key: Buffer, file: string): Failure {
  const scan = `ssh-keyscan -t ${typeOfKey(key).replace(/^ssh-/, '')} -p ${hop.port} ${hop.address}`;
  return failure(
    hop,
    `its key is not known: ${describe(key)}`,
    `compare the fingerprint with \`ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub\` on the host; then run again with --accept-new-host-keys, or \`${scan} >> ${file}\``,
  );
}

function changedKey(hop: Hop, key: Buffer, entries: readonly KnownHost[]): Failure {
  const known = entries.map((entry) => `${entry.type} ${fingerprint(entry.key)} (${placeOf(entry)})`);
  return failure(
    hop,
    `the host offers ${describe(key)}, but it is known by ${known.join(', ')}`,
    `if the host was made anew, remove the old key: \`ssh-keygen -R '${hop.knownName}' -f ${entries[0]!.file}\`; otherwise somebody may be in between: do not go on`,
  );
}

const revokedKey = (hop: Hop, key: Buffer, entry: KnownHost): Failure =>
  failure(
    hop,
    `its key ${describe(key)} is revoked in ${placeOf(entry)}`,
    'give the host a new key: do not go on',
  );

const placeOf = ({ file, line }: KnownHost): string => `${file}:${line}`;

const failure = (hop: Hop, said: string, next: string): Failure => new Failure(answers(hop, said, next));

const answers = (hop: Hop, said: string, next: string): FailureAnswers => ({
  kind: 'host-key',
  doing: `checking the host key of ${bracket(hop.address)}:${hop.port}`,
  where: { host: hop.label },
  said,
  next,
});
