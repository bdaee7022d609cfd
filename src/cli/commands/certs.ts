import { Command } from 'commander';
import { type CertificateList, listCertificates } from '../../stories/list-certificates.js';
import { answer } from '../answer.js';
import { chooseRenewal } from '../ask/choose-renewal.js';
import { exitCodes } from '../exit-codes.js';
import { dressOf, globalOptions } from '../options.js';
import { widthOf } from '../terminal.js';
import { timeSpan } from '../time-span.js';
import { certificatesText } from '../view/certificates.js';
import { withRun } from '../with-run.js';
import { bringUp, type UpOptions } from './up.js';

export const certsCommand = (): Command =>
  new Command('certs')
    .description('List every certificate on every host, in every kubeconfig and of podstrap itself.')
    .option('--within <time>', 'also fail when one expires within this time, such as 30d or 720h', timeSpan)
    .addHelpText(
      'after',
      `
Sorted by expiry. Nothing is changed on any host, and no key leaves one.
Exit code 1 when a certificate has expired, is not valid, or expires within the time of --within; 75 when a host could not
be reached and everything that was seen is in order.

Examples:
  $ podstrap certs
  $ podstrap certs --within 30d -o json     # for a monitor
  $ podstrap certs renew apiserver`,
    )
    .action(async (own: { within?: number }, command: Command) => {
      const options = globalOptions(command);
      const list = await withRun(options, { command: 'certs', jsonEvents: false }, listCertificates);
      answer(
        options,
        'CertificateList',
        list,
        () => `${certificatesText(list, dressOf(options, process.stdout), widthOf(process.stdout))}\n`,
      );
      process.exitCode = exitCodeOf(list, Date.now() + (own.within ?? 0));
    })
    .addCommand(renewCommand());

const renewCommand = (): Command =>
  new Command('renew')
    .description('Renew certificates and bring them to the hosts: `up` with these changes in addition.')
    .argument('[names...]', 'NAME (on every host), HOST/NAME, or operator/NAME. Default: all')
    .option('--host <host>', 'only those of this host')
    .option('-y, --yes', 'do not ask before changing anything')
    .option('--bundle <file>', 'take everything from this bundle, as `up --bundle` does')
    .addHelpText(
      'after',
      `
Names are those that \`podstrap certs\` shows; kubeadm’s admin.conf and all are understood. Authorities are not renewed.
Once you have agreed, the new certificates are in the keystore. If the run ends before they are on every host,
\`podstrap up\` continues.

Examples:
  $ podstrap certs renew                       # all of them, node by node
  $ podstrap certs renew apiserver --host cp-1`,
    )
    .action((names: string[], own: UpOptions & { host?: string }, command: Command) =>
      bringUp(globalOptions(command), own, {
        command: 'certs renew',
        renew: (inventory) => chooseRenewal(inventory, names, own.host),
      }),
    );

/** @param until milliseconds; what ends before then counts as bad */
export function exitCodeOf({ items, unreachable }: CertificateList, until: number): number {
  if (items.some(({ problems, expires }) => problems.length > 0 || Date.parse(expires) <= until))
    return exitCodes.failure;
  return unreachable.length > 0 ? exitCodes.tryAgain : exitCodes.success;
}
