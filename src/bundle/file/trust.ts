import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Failure } from '../../failure.js';
import type { Inventory } from '../../inventory/inventory.js';
import { resolvePath } from '../../inventory/reading/files.js';
import { requireSigningKind } from './signing-key.js';

/** Whose signature a bundle must have. */
export interface Trust {
  /** Public key: PEM. */
  readonly keyFile: string;
  /** Detached signature, base64. Default: the bundle's name with `.sig`. */
  readonly signatureFile?: string | undefined;
}

export const signatureFileOf = (file: string, trust?: Trust): string => trust?.signatureFile ?? `${file}.sig`;

/** Whose signature the inventory asks for; undefined when it asks for none. @param home of the user, for `~` */
export function trustOf(inventory: Inventory, home: string, signatureFile?: string): Trust | undefined {
  const { publicKeyFile } = inventory.spec.artifacts.bundle;
  return publicKeyFile === undefined
    ? undefined
    : { keyFile: resolvePath(publicKeyFile, { directory: inventory.directory, home }), signatureFile };
}

/** What it takes to check a signature. */
export interface Signed {
  /** PEM */
  readonly key: string;
  readonly signature: Uint8Array;
}

/** @throws Failure `usage` for a key that cannot be used, `refused` when there is no signature */
export async function readSigned(file: string, trust: Trust): Promise<Signed> {
  const key = await readPublicKey(trust.keyFile);
  const signatureFile = signatureFileOf(file, trust);
  const text = await readFile(signatureFile, 'utf8').catch((cause) => {
    throw untrusted(
      file,
      `it is not signed: ${cause.message}`,
      `Carry the signature along with the bundle, as ${signatureFileOf(file)}, or name it with --signature. Whoever made the bundle signs it with \`podstrap bundle sign --key\`.`,
    );
  });
  return {
    key: key.export({ type: 'spki', format: 'pem' }).toString(),
    signature: Buffer.from(text, 'base64'),
  };
}

async function readPublicKey(keyFile: string): Promise<KeyObject> {
  const unfit = (said: string) =>
    new Failure({
      kind: 'usage',
      doing: `Reading the public key ${keyFile}`,
      said,
      next: 'Name the PEM file of the public key (`BEGIN PUBLIC KEY`), such as cosign.pub.',
    });
  const pem = await readFile(keyFile, 'utf8').catch((cause) => {
    throw unfit(cause.message);
  });
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) throw unfit('it holds no public key');
  try {
    return requireSigningKind(createPublicKey(pem), keyFile);
  } catch (cause) {
    throw cause instanceof Failure ? cause : unfit((cause as Error).message);
  }
}

/** The signature is of another key, or of other bytes. */
export const wrongSignature = (file: string, trust: Trust): Failure =>
  untrusted(
    file,
    `the signature in ${signatureFileOf(file, trust)} does not match the file and the key ${trust.keyFile}`,
    'Do not use it before you know why: it was signed with another key, or the file or its signature was changed.',
  );

const untrusted = (file: string, said: string, next: string): Failure =>
  new Failure({ kind: 'refused', doing: `Checking the signature of ${file}`, said, next });
