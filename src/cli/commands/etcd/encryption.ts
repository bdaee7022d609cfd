import { Command, InvalidArgumentError } from 'commander';
import { linkName, writerOf } from '../../../pki/encryption/ring.js';
import { encryptionStatus } from '../../../stories/encryption/encryption-status.js';
import { type Turning, turnEncryption } from '../../../stories/encryption/turn-encryption.js';
import { answer } from '../../answer.js';
import { askFirst } from '../../ask/ask-first.js';
import { exitCodes } from '../../exit-codes.js';
import { dressOf, globalOptions } from '../../options.js';
import { widthOf } from '../../terminal.js';
import { changeText, encryptionText } from '../../view/encryption.js';
import { withRun } from '../../with-run.js';

export const encryptionCommand = (): Command =>
  new Command('encryption')
    .description('Show and change what data in etcd are encrypted with.')
    .addCommand(statusCommand())
    .addCommand(turningCommand('rotate'))
    .addCommand(turningCommand('migrate'))
    .addCommand(turningCommand('disable'));

const statusCommand = (): Command =>
  new Command('status')
    .description(
      'Count, in etcd itself, what objects are encrypted with, and compare the keys of the control planes.',
    )
    .addHelpText(
      'after',
      `
Changes nothing. Names of keys are shown, never keys.
Exit code 1 when objects are written otherwise than is asked for, or an API server has not loaded what the keystore has.`,
    )
    .action(async (_own: object, command: Command) => {
      const options = globalOptions(command);
      const status = await withRun(
        options,
        { command: 'encryption status', needsApi: true, jsonEvents: false },
        encryptionStatus,
      );
      answer(
        options,
        'EncryptionStatus',
        status,
        () => `${encryptionText(status, dressOf(options, process.stdout), widthOf(process.stdout))}\n`,
      );
      if (!status.ok) process.exitCode = exitCodes.failure;
    });

const does: Readonly<Record<Turning, string>> = {
  rotate: 'Make a new key, rewrite everything with it, and drop the old one.',
  migrate: 'Rewrite everything as spec.encryption asks: with another provider, or what was not encrypted.',
  disable: 'Rewrite everything without encryption, and take the keys away.',
};

const turningCommand = (turning: Turning): Command =>
  new Command(turning)
    .description(does[turning])
    .option('-y, --yes', 'do not ask before changing anything')
    .option('--max-rate <number>', 'rewrite at most so many objects a second', rate)
    .addHelpText(
      'after',
      `
Each step waits until every API server has loaded the one before, up to a minute; none of them restarts. A key is
dropped only when etcd has nothing that is written with it. Interrupted anywhere, the same command continues.
Old keys stay in the keystore for snapshots of etcd. See docs/encryption.md.`,
    )
    .action(async (own: { yes?: boolean; maxRate?: number }, command: Command) => {
      const options = globalOptions(command);
      const turned = await withRun(
        options,
        {
          command: `encryption ${turning}`,
          needsApi: true,
          jsonEvents: false,
          changes: true,
          vouches: true,
          whole: true,
        },
        (session, desk) =>
          turnEncryption(session, turning, { perSecond: own.maxRate }, async (goal, ring) => {
            if (own.yes === true) return;
            const named = [...new Set([...Object.keys(ring.chains), ...goal.resources])].sort();
            const from = [...new Set(named.map((resource) => linkName(writerOf(ring, resource))))].join(', ');
            await askFirst(
              {
                doing: 'Asking whether to change what data in etcd are encrypted with',
                next: `Run \`podstrap encryption ${turning} --yes\`.`,
                shown: () => `${named.join(', ')}: from ${from} to ${linkName(goal.writer)}.`,
                question: 'Rewrite these objects now?',
                declined: 'Asking before the first change',
              },
              options,
              desk,
            );
          }),
      );
      answer(options, 'EncryptionChange', turned, () => changeText(turned));
    });

/** @throws InvalidArgumentError */
function rate(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('expected a number above 0, such as 50');
}
