import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, type FailureAnswers } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import { lanes } from '../../lanes.js';
import type { YesNo } from '../connect-options.js';
import type { Questions } from '../questions.js';
import type { Hop } from './hop.js';
import {
  entriesFor,
  fingerprint,
  judgeKey,
  type KnownHost,
  parseKnownHosts,
  typeOfKey,
} from './known-hosts.js';

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

/** The key of a server that is not known; whoever has found all of them asks about them together, by `meet`. */
export class UnknownKey extends Failure {
  readonly hop: Hop;
  readonly key: Buffer;

  constructor(answers: FailureAnswers, hop: Hop, key: Buffer) {
    super(answers);
    this.hop = hop;
    this.key = key;
  }
}

/** Decides about host keys, and remembers the new ones in the cluster's file. */
export interface Trust {
  /** Key types by which the host is known, the wanted one first: ssh2 should ask for one of these. */
  knownTypes(hop: Hop): Promise<readonly string[]>;
  /**
   * @throws Failure `host-key` when the key is not to be trusted, NotThatKey when the server may have another one,
   * UnknownKey when nobody has decided yet
   */
  check(hop: Hop, key: Buffer): Promise<void>;
  /**
   * What known_hosts says of a host, for a program that checks keys by itself: its own lines and no others, and of a
   * pinned host only the pin and what is revoked.
   */
  linesFor(hop: Hop): Promise<readonly string[]>;
  /** Whether `authority`, the key of who signed a host's certificate, may vouch for this host. Never for a pinned one. */
  isAuthority(hop: Hop, authority: Buffer): Promise<boolean>;
  /** Asks about keys that are not known, in one question, and remembers them. @returns whether they are trusted now */
  meet(strangers: readonly UnknownKey[]): Promise<boolean>;
}

/** @param newKeys the cluster's known_hosts, where newly trusted keys go */
export function trust(newKeys: string, acceptNew: boolean, questions: Questions): Trust {
  const files = new Map<string, Promise<readonly KnownHost[]>>();
  const oneAtATime = lanes(1);
  // By which type a pinned fingerprint was found, so that it is looked for once.
  const foundByPrint = new Map<string, string>();
  const entries = async (hop: Hop, name = hop.knownName): Promise<readonly KnownHost[]> => {
    const all = await Promise.all(
      hop.knownHostsFiles.map((file) => {
        const known = files.get(file) ?? readKnownHosts(file);
        files.set(file, known);
        return known;
      }),
    );
    return entriesFor(all.flat(), name);
  };
  /** As OpenSSH does, authorities are looked for without the port as well. */
  const authorities = async (hop: Hop): Promise<readonly KnownHost[]> => {
    const found = [...(await entries(hop)), ...(await entries(hop, hop.certificateName))];
    return hop.pinnedKey === undefined ? found.filter(({ says }) => says === 'authority') : [];
  };
  const remember = async (hop: Hop, key: Buffer): Promise<void> => {
    // Looked at again: another host behind the same address may have been accepted while this one waited.
    const verdict = judgeKey(await entries(hop), key);
    if (verdict.kind !== 'unknown') return;
    await append(newKeys, `${hop.knownName} ${typeOfKey(key)} ${key.toString('base64')}`);
    files.delete(newKeys);
  };
  return {
    knownTypes: async (hop) => {
      const pinned = /^(\S+) \S/.exec(hop.pinnedKey ?? '')?.[1];
      if (pinned !== undefined) return [pinned];
      const known = (await entries(hop)).filter(({ says }) => says === 'key');
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
      if (verdict.kind !== 'unknown') return;
      if (!acceptNew) throw unknownKey(hop, key, newKeys, await authorities(hop));
      await oneAtATime(() => remember(hop, key));
    },
    linesFor: async (hop) => {
      const pin = /^\S+ \S+/.exec(hop.pinnedKey ?? '')?.[0];
      const found = await entries(hop);
      const wanted = hop.pinnedKey === undefined ? found : found.filter(({ says }) => says === 'revoked');
      const lines = [...wanted, ...(await authorities(hop))].map(
        ({ says, type, key }) => `${markerOf[says]}${hop.knownName} ${type} ${key}`,
      );
      return [...new Set(pin === undefined ? lines : [...lines, `${hop.knownName} ${pin}`])];
    },
    isAuthority: async (hop, authority) => {
      const text = authority.toString('base64');
      return (await authorities(hop)).some(({ key }) => key === text);
    },
    meet: async (strangers) => {
      // Of two keys of one server the second is as suspicious as a changed one.
      const met = [
        ...new Map([...strangers].reverse().map((one) => [one.hop.knownName, one])).values(),
      ].reverse();
      if (!(await questions.confirm(introduction(met, newKeys)))) return false;
      await oneAtATime(async () => {
        for (const { hop, key } of met) await remember(hop, key);
      });
      return true;
    },
  };
}

const markerOf = { key: '', revoked: '@revoked ', authority: '@cert-authority ' } as const;

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
    'if the host was reinstalled, write its new key into hostKey; otherwise somebody may be intercepting the connection',
  );
  throw pinned.startsWith('SHA256:') ? new NotThatKey(other, typeOfKey(key)) : new Failure(other);
}

const describe = (key: Buffer): string => `${typeOfKey(key)} ${fingerprint(key)}`;

/** What an administrator of the host types there. */
const showPrints = 'cat /etc/ssh/ssh_host_*_key.pub | ssh-keygen -lf -';

const introduction = (strangers: readonly UnknownKey[], file: string): YesNo => {
  const [one, these] = strangers.length === 1 ? ['key', 'this key'] : ['keys', 'these keys'];
  return {
    about: [
      `Host ${one} that this machine has not seen before:`,
      ...strangers.map(({ hop, key }) => `  ${hop.label} ${hop.knownName} ${describe(key)}`),
      `On the host, \`${showPrints}\` shows the fingerprint.`,
    ],
    question: `Save ${these} in ${file} and trust ${strangers.length === 1 ? 'it' : 'them'} from now on?`,
  };
};

function unknownKey(hop: Hop, key: Buffer, file: string, [authority]: readonly KnownHost[]): UnknownKey {
  const scan = `ssh-keyscan -t ${typeOfKey(key).replace(/^ssh-/, '')} -p ${hop.port} ${hop.address}`;
  const refusal = answers(
    hop,
    `its key is not known: ${describe(key)}${authority === undefined ? '' : whyNoCertificate(hop, authority)}`,
    `${authority && hop.client === 'built-in' ? 'let OpenSSH check the certificate, with `ssh.client: openssh`; or ' : ''}compare the fingerprint with \`${showPrints}\` on the host; then run again with --accept-new-host-keys, or \`${scan} >> ${file}\``,
  );
  return new UnknownKey(refusal, hop, key);
}

/** Somebody counts on a certificate. */
const whyNoCertificate = ({ client }: Hop, authority: KnownHost): string =>
  client === 'built-in'
    ? `; ${placeOf(authority)} trusts an authority for it (@cert-authority), whose certificates podstrap’s own SSH client cannot check`
    : `; it shows no certificate of the authority that ${placeOf(authority)} trusts (@cert-authority)`;

function changedKey(hop: Hop, key: Buffer, entries: readonly KnownHost[]): Failure {
  const known = entries.map((entry) => `${entry.type} ${fingerprint(entry.key)} (${placeOf(entry)})`);
  return failure(
    hop,
    `the host offers ${describe(key)}, but it is known by ${known.join(', ')}`,
    `if the host was reinstalled, remove the old key: \`ssh-keygen -R '${hop.knownName}' -f ${entries[0]!.file}\`; otherwise somebody may be intercepting the connection: do not continue`,
  );
}

const revokedKey = (hop: Hop, key: Buffer, entry: KnownHost): Failure =>
  failure(
    hop,
    `its key ${describe(key)} is revoked in ${placeOf(entry)}`,
    'give the host a new key: do not continue',
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
