import { type Command, CommanderError } from 'commander';
import { Failure } from '../failure.js';
import { eventLine } from './answer.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { HeldUp } from './interrupts.js';
import { passOn } from './pass-on.js';
import { describeProblem, problemData } from './problem.js';
import { program } from './program.js';
import { print, printError } from './terminal.js';

/** Runs podstrap with these arguments (without node and script). Sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const root = program();
  const words = passOn(argv, root);
  try {
    await root.parseAsync(words, { from: 'user' });
  } catch (error) {
    const asksForJson = wantsJson(root, words);
    if (error instanceof CommanderError) {
      // commander has printed its words already; help and version are no failures.
      process.exitCode = error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
      if (asksForJson && error.exitCode !== 0) tellFailure(misread(error));
      return;
    }
    if (asksForJson) tellFailure(error);
    const plain =
      argv.includes('--no-color') || process.env['NO_COLOR'] !== undefined || !process.stderr.isTTY;
    printError(`${describeProblem(error, plain ? 'plain' : 'color')}\n`);
    process.exitCode = exitCodeOf(error);
    // What it waits for would keep the process as well.
    if (error instanceof HeldUp) process.exit();
  }
}

const tellFailure = (error: unknown): void =>
  print(`${eventLine({ event: 'failed', failures: problemData(error) }, new Date())}\n`);

/** A command line that could not be read, as a failure like any other. */
const misread = ({ message }: CommanderError): Failure =>
  new Failure({
    kind: 'usage',
    doing: 'Reading the command line',
    said: message.replace(/^error: /, ''),
    next: '`podstrap --help` shows what there is, and `podstrap COMMAND --help` what a command takes.',
  });

/** Whether JSON was asked for, also on a command line that could not be read to its end. Words of kubectl's are not ours. */
function wantsJson(root: Command, words: readonly string[]): boolean {
  if (root.opts<{ output?: string }>().output === 'json') return true;
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  return own.some(
    (word, index) =>
      /^(--output=|-[a-z]*o=?)json$/.test(word) ||
      (word === 'json' && /^(--output|-[a-z]*o)$/.test(own[index - 1] ?? '')),
  );
}
