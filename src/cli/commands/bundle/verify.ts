import { Command } from 'commander';
import { verifyBundle } from '../../../bundle/file/verify-bundle.js';
import { answer } from '../../answer.js';
import { globalOptions } from '../../options.js';
import { bytes } from '../../view/texts.js';
import { work } from './work.js';

export const verifyCommand = (): Command =>
  new Command('verify')
    .description(
      'Check every byte of a bundle and name what is damaged; with --key, check its signature as well.',
    )
    .argument('<bundle>', 'the bundle')
    .option('--key <file>', 'public key (PEM) whose signature it must have')
    .option('--signature <file>', 'the signature. Default: the bundle’s name with .sig')
    .addHelpText(
      'after',
      `
The same check with cosign, and with openssl:
  $ cosign verify-blob --key bundle.pub --signature prod.tar.sig --insecure-ignore-tlog prod.tar
  $ base64 -d prod.tar.sig >prod.tar.der; openssl dgst -sha256 -verify bundle.pub -signature prod.tar.der prod.tar`,
    )
    .action(async (file: string, own: { key?: string; signature?: string }, command: Command) => {
      const options = globalOptions(command);
      const trust = own.key === undefined ? undefined : { keyFile: own.key, signatureFile: own.signature };
      const bundle = await work((progress, signal) =>
        verifyBundle(file, {
          trust,
          signal,
          onBytes: (checked, total) => progress.tell('Verify', checked, total),
        }),
      );
      const { digest, size } = bundle;
      const signed = trust !== undefined;
      answer(
        options,
        'BundleVerification',
        { file, digest, size, signed },
        () =>
          `${file} is whole: ${bytes(size)}, ${digest}. ${signed ? `Signed by the key of ${own.key}.` : 'No signature was asked for (--key).'}\n`,
      );
    });
