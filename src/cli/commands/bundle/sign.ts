import { Command } from 'commander';
import { readSigningKey, requireSignaturePlace, signBundle } from '../../../bundle/file/sign-bundle.js';
import { verifyBundle } from '../../../bundle/file/verify-bundle.js';
import { Secret } from '../../../secret.js';
import { answer } from '../../answer.js';
import { terminalPrompts } from '../../ask/prompts.js';
import { globalOptions } from '../../options.js';
import { work } from './work.js';

export const signCommand = (): Command =>
  new Command('sign')
    .description('Verify a bundle and sign it. The signature is a separate file beside it.')
    .argument('<bundle>', 'the bundle')
    .requiredOption('--key <file>', 'private key (PEM): ECDSA or RSA')
    .option('--signature <file>', 'where the signature goes. Default: the bundle’s name with .sig')
    .addHelpText(
      'after',
      `
The passphrase of an encrypted key is asked for on the terminal; without one it is taken from PODSTRAP_BUNDLE_PASSPHRASE.

A pair of keys:
  $ openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -out bundle.key
  $ openssl pkey -in bundle.key -pubout -out bundle.pub`,
    )
    .action(async (file: string, own: { key: string; signature?: string }, command: Command) => {
      const options = globalOptions(command);
      const key = await readSigningKey(own.key, () => passphrase(own.key));
      const signature = own.signature ?? `${file}.sig`;
      await requireSignaturePlace(signature);
      await work(async (progress, signal) => {
        const onBytes = (done: number, total: number) => progress.tell('Sign', done, total);
        await verifyBundle(file, { signal });
        await signBundle(file, key, signature, { onBytes, signal });
      });
      answer(options, 'BundleSignature', { file, signature }, () => `Wrote ${signature}.\n`);
    });

/** An environment that was prepared for it is not asked over. */
async function passphrase(keyFile: string): Promise<Secret | undefined> {
  const given = process.env['PODSTRAP_BUNDLE_PASSPHRASE'];
  if (given !== undefined) return new Secret(given);
  return terminalPrompts()?.secret(`Passphrase of ${keyFile}: `);
}
