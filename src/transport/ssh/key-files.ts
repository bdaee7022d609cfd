import { readFile } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import { Failure } from '../../failure.js';
import type { Secret } from '../../secret.js';
import type { Questions } from '../questions.js';
import { onlyOpenssh } from './certificates.js';

/** A key on the operator's disk, before its passphrase is known. */
export type KeyFile =
  | { readonly kind: 'open'; readonly path: string; readonly key: ParsedKey }
  | { readonly kind: 'locked'; readonly path: string; readonly text: string; readonly publicKey?: ParsedKey }
  /** The private half may be in an agent. */
  | { readonly kind: 'public'; readonly path: string; readonly publicKey: ParsedKey }
  | { readonly kind: 'unusable'; readonly path: string; readonly why: string };

/** Private keys of a run. Each file is read, and its passphrase asked, once for all hosts. */
export interface KeyFiles {
  /** Undefined when there is no such file. */
  read(path: string): Promise<KeyFile | undefined>;
  /** @throws Failure `authentication` when there is nobody to ask for the passphrase, or it is wrong three times */
  unlock(file: Extract<KeyFile, { kind: 'locked' }>): Promise<ParsedKey>;
}

export function keyFiles(questions: Questions): KeyFiles {
  const read = new Map<string, Promise<KeyFile | undefined>>();
  const unlocked = new Map<string, Promise<ParsedKey>>();
  return {
    read: (path) => once(read, path, () => load(path)),
    unlock: (file) => once(unlocked, file.path, () => unlock(file, questions)),
  };
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

async function load(path: string): Promise<KeyFile | undefined> {
  const text = await textOf(path);
  if (text instanceof Error) return { kind: 'unusable', path, why: text.message };
  if (text !== undefined && !isLocked(text)) return opened(path, text);
  const publicKey = await publicHalf(path);
  if (text !== undefined) return { kind: 'locked', path, text, ...(publicKey ? { publicKey } : {}) };
  return publicKey && { kind: 'public', path, publicKey };
}

function opened(path: string, text: string): KeyFile {
  const key = ssh2.utils.parseKey(text);
  if (!isKey(key) && text.includes('OPENSSH PRIVATE KEY') && isSecurityKey(text))
    return { kind: 'unusable', path, why: onlyOpenssh('sk-') };
  if (!isKey(key))
    return {
      kind: 'unusable',
      path,
      why: `no key that can be used; \`ssh-keygen -p -f ${path}\` may rewrite it`,
    };
  return key.isPrivateKey() ? { kind: 'open', path, key } : { kind: 'public', path, publicKey: key };
}

async function publicHalf(path: string): Promise<ParsedKey | undefined> {
  const text = await textOf(`${path}.pub`);
  const key = typeof text === 'string' ? ssh2.utils.parseKey(text) : undefined;
  return isKey(key) ? key : undefined;
}

async function textOf(path: string): Promise<string | Error | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error);
  }
}

/** Whether a private key of OpenSSH's own format is that of a security key: its public half comes first, in the clear. */
function isSecurityKey(text: string): boolean {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)?.[1] ?? '';
  return /(^|[^a-z])sk-(ssh|ecdsa)-/.test(Buffer.from(body, 'base64').subarray(0, 256).toString('latin1'));
}

/** parseKey's types deny it, but a file of several keys gives several. */
const isKey = (key: ParsedKey | Error | undefined | readonly ParsedKey[]): key is ParsedKey =>
  key !== undefined && !(key instanceof Error) && !Array.isArray(key);

/**
 * Whether a private key needs a passphrase, told by its format: OpenSSH's own names the cipher after its magic, PEM has
 * a header for it. https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key
 */
export function isLocked(text: string): boolean {
  if (/^Proc-Type: 4,ENCRYPTED$/m.test(text)) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const start = 'openssh-key-v1\0'.length;
  const length = bytes.readUInt32BE(start);
  return bytes.toString('latin1', start + 4, start + 4 + length) !== 'none';
}

async function unlock(
  file: Extract<KeyFile, { kind: 'locked' }>,
  questions: Questions,
  refused?: Secret,
): Promise<ParsedKey> {
  const passphrase = await questions.secret(`key ${file.path}`, `Passphrase of ${file.path}: `, refused);
  if (!passphrase) throw stillLocked(file.path, refused !== undefined);
  const key = ssh2.utils.parseKey(file.text, passphrase.reveal());
  return isKey(key) ? key : unlock(file, questions, passphrase);
}

const stillLocked = (path: string, wrong: boolean): Failure =>
  new Failure({
    kind: 'authentication',
    doing: `unlocking ${path}`,
    said: wrong ? 'the passphrase is wrong' : 'it has a passphrase, and there is no terminal to ask for it',
    next: `load the key into an agent first: \`ssh-add ${path}\``,
  });
