import { Failure } from '../../failure.js';
import type { GlobalOptions } from '../options.js';
import { print } from '../terminal.js';
import { terminalPrompts } from './prompts.js';

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
  readonly question: string;
  /** What is told to have been going on when the answer was no. Default: `doing` */
  readonly declined?: string;
}

/**
 * Asks on the terminal, and comes back for a yes.
 * @param pause ends the live view
 * @throws Failure `usage` where nobody can be asked, `interrupted` for a no
 */
export async function askFirst(
  { doing, said = 'there is no terminal to ask on', next, shown, question, declined = doing }: Question,
  { output }: Pick<GlobalOptions, 'output'>,
  pause: () => Promise<void>,
): Promise<void> {
  const prompts = terminalPrompts();
  if (prompts === undefined || output === 'json') throw new Failure({ kind: 'usage', doing, said, next });
  await pause();
  print(`${shown()}\n`);
  if (await prompts.confirm(question)) return;
  throw new Failure({ kind: 'interrupted', doing: declined, said: 'you said no. Nothing was changed' });
}
