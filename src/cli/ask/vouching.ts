import { InvalidArgumentError, Option } from 'commander';
import type { Emit } from '../../events.js';
import type { Claim, Vouching } from '../../survey/session.js';
import type { GlobalOptions } from '../options.js';
import { askFirst } from './ask-first.js';
import type { Desk } from './desk.js';

/** Reads `--accept-record`, which may be given several times. @throws InvalidArgumentError */
export function digestOption(word: string, before: readonly string[] = []): readonly string[] {
  if (!/^[0-9a-f]{64}$/.test(word))
    throw new InvalidArgumentError('a digest is 64 hexadecimal digits, as the question shows it');
  return [...before, word];
}

/** `--new-authority`, of the commands that can make a fleet's hosts take one. */
export const newAuthorityOption = (): Option =>
  new Option(
    '--new-authority <id>',
    'the keystore of this fleet is lost: its hosts, which remember this identity, get the authority of a new one',
  ).argParser(identity);

/** The identity of a fleet. @throws InvalidArgumentError */
function identity(word: string): string {
  if (/^[0-9a-f]{32}$/.test(word)) return word;
  throw new InvalidArgumentError(
    'an identity is 32 hexadecimal digits, as the refusal of the hosts shows it',
  );
}

const whose = ({ hosts, of }: Claim): string =>
  `${hosts.join(', ')} (${hosts.length} of ${of} control plane${of === 1 ? '' : 's'})`;

/** For commands that change the cluster: somebody has to stand for it. */
export const askedAbout = (options: GlobalOptions, desk: Desk): Vouching => ({
  accepted: options.acceptRecord ?? [],
  remembers: true,
  ask: (claim) => {
    const lost = `this machine does not have ${claim.what}`;
    return askFirst(
      {
        doing: claim.doing,
        said: `${lost}, and there is no terminal to ask on. ${whose(claim)} reports it as:\n${claim.shown}`,
        next: `Nothing was changed. Put back \`.podstrap/\` from a backup, or read this, and if it is right, give the same command \`--accept-record ${claim.digest}\`.`,
        shown: () => `${claim.shown}\n\n${lost}. ${whose(claim)} reports it as above: ${claim.digest}`,
        question: 'Is that right, and may this machine remember it?',
      },
      options,
      desk,
    );
  },
});

/** For commands that only look: they say whom they have it from. */
export const toldOf = ({ acceptRecord = [] }: Pick<GlobalOptions, 'acceptRecord'>, emit: Emit): Vouching => ({
  accepted: acceptRecord,
  remembers: false,
  ask: async (claim) =>
    emit({
      event: 'warning',
      message: `this machine does not have ${claim.what}; what is used is that of ${whose(claim)}: ${claim.digest}. \`podstrap up\` asks before it is remembered`,
    }),
});
