import { Failure } from '../../failure.js';
import type { GlobalOptions } from '../options.js';
import { print, printError } from '../terminal.js';
import { Cancelled } from './cancelled.js';
import type { Desk } from './desk.js';

/** A question that comes before something which cannot be taken back. */
export interface Question {
  /** What is told to be going on where nobody can be asked. */
  readonly doing: string;
  /** Why that is not possible. Default: there is no terminal. */
  readonly said?: string;
  /** What to do then. */
  readonly next: string;
  /** What is to be read before the answer. */
  readonly shown: () => string;
  /** The question, which says what yes does. */
  readonly question: string;
  /** A word that is to be typed instead of yes, for what nobody should say yes to out of habit. */
  readonly typed?: string;
  /** What is told to have been going on when the answer was no. Default: `doing` */
  readonly declined?: string;
}

/**
 * Asks on the terminal, and comes back for a yes.
 * @throws Failure `usage` where nobody can be asked, Cancelled for a no
 */
export async function askFirst(
  {
    doing,
    said = 'there is no terminal to ask on',
    next,
    shown,
    question,
    typed,
    declined = doing,
  }: Question,
  { output }: Pick<GlobalOptions, 'output'>,
  { prompts, pause }: Desk,
): Promise<void> {
  if (prompts === undefined || output === 'json') throw new Failure({ kind: 'usage', doing, said, next });
  await pause();
  // Whoever keeps our output in a file still sees what the question is about.
  (process.stdout.isTTY ? print : printError)(`${shown()}\n`);
  const asked = { about: [], question };
  const isWanted = typed === undefined ? await prompts.confirm(asked) : await prompts.typed(asked, typed);
  if (!isWanted) throw new Cancelled(declined);
}
