import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { Failure } from '../../failure.js';
import { placeOf, type Writing, writeOperatorFile } from '../../operator/operator-file.js';
import type { Secret } from '../../secret.js';
import { cannotOpen, stopped } from './bundle-failures.js';
import { readAt } from './read-at.js';
import { requireSigningKind } from './signing-key.js';

/**
 * Reads a private key. @param passphrase asked for one when the key is encrypted; undefined where there is none to give
 * @throws Failure `usage` when it is no private key that can sign, or the passphrase is missing or wrong
 */
export async function readSigningKey(
  file: string,
  passphrase: () => Promise<Secret | undefined>,
): Promise<KeyObject> {
  const unfit = (said: string, next: string, cause?: unknown) =>
    new Failure({ kind: 'usage', doing: `Reading the private key ${file}`, said, next, cause });
  const pem = await readFile(file, 'utf8').catch((cause) => {
    throw unfit(cause.message, 'Name the PEM file of the private key.', cause);
  });
  if (/BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY/.test(pem))
    throw unfit(
      'it is encrypted in cosign’s own format',
      'Sign with cosign itself: `cosign sign-blob --key KEY --output-signature FILE.sig FILE`; `podstrap bundle verify` takes that. Or make a key with openssl.',
    );
  const encrypted = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem);
  const secret = encrypted ? await passphrase() : undefined;
  if (encrypted && secret === undefined)
    throw unfit(
      'it is encrypted, and there is no passphrase',
      'Run it on a terminal, or put the passphrase into PODSTRAP_BUNDLE_PASSPHRASE.',
    );
  try {
    const key = createPrivateKey({ key: pem, ...(secret ? { passphrase: secret.reveal() } : {}) });
    return requireSigningKind(key, file);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const said = encrypted
      ? 'the passphrase is wrong, or the file is damaged'
      : 'it holds no private key (PEM)';
    throw unfit(said, 'Name the PEM file of the private key and give its passphrase.', cause);
  }
}

/**
 * Signs a file: base64 of the signature over its SHA-256, as `cosign verify-blob` reads it.
 * @param signatureFile gets the signature, under its final name only when it is whole
 * @throws Failure `artifact` when a file cannot be read or written; `interrupted`
 */
export async function signBundle(
  file: string,
  key: KeyObject,
  signatureFile: string,
  { onBytes, signal }: { onBytes?: (bytes: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<void> {
  const signer = createSign('SHA256');
  const handle = await open(file).catch((cause) => {
    throw cannotOpen(file, cause);
  });
  try {
    const { size } = await handle.stat();
    let done = 0;
    for await (const piece of readAt(handle, 0, size)) {
      if (signal?.aborted) throw stopped(file);
      signer.update(piece);
      done += piece.length;
      onBytes?.(done, size);
    }
  } finally {
    await handle.close();
  }
  const text = `${signer.sign(key).toString('base64')}\n`;
  await writeOperatorFile(signatureFile, text, signature(signatureFile));
}

const signature = (file: string): Writing => ({
  what: `the signature ${file}`,
  next: 'Name another file with --signature, or make its folder writable.',
});

/** Before the whole bundle is read. @throws Failure `usage` when no signature can be written there */
export const requireSignaturePlace = async (file: string): Promise<void> =>
  void (await placeOf(file, signature(file)));
