import { type Command, CommanderError } from 'commander';
import { Failure, Failures } from '../failure.js';
import { machineFailure } from '../operator/operator-file.js';
import { eventLine } from './answer.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { HeldUp } from './interrupts.js';
import { OutputLost } from './lost-output.js';
import { otherWord } from './other-words.js';
import { passOn } from './pass-on.js';
import { describeProblem, problemData } from './problem.js';
import { program } from './program.js';
import { defectFile, defectsAt } from './report-defect.js';
import { printData, printError, widthOf } from './terminal.js';

/** Runs podstrap with these arguments (without node and script). Sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const root = program();
  const words = passOn(argv, root);
  try {
    const other = otherWord(root, words);
    if (other !== undefined) throw other;
    await root.parseAsync(words, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof OutputLost) return;
    const asksForJson = wantsJson(root, words);
    if (thrown instanceof CommanderError) {
      // commander has printed its words already; help and version are no failures.
      process.exitCode = thrown.exitCode === 0 ? exitCodes.success : exitCodes.usage;
      if (asksForJson && thrown.exitCode !== 0) tellFailure(misread(thrown));
      return;
    }
    // What this machine's disk or permissions refuse, wherever it was noticed, is no defect.
    const error = machineFailure(thrown) ?? thrown;
    if (asksForJson) tellFailure(error);
    const plain =
      argv.includes('--no-color') || process.env['NO_COLOR'] !== undefined || !process.stderr.isTTY;
    printError(`${describeProblem(error, plain ? 'plain' : 'color', widthOf(process.stderr))}\n`);
    if (!(error instanceof Failure || error instanceof Failures)) askForReport(error, argv);
    process.exitCode = exitCodeOf(error);
    // What it waits for would keep the process as well.
    if (error instanceof HeldUp) process.exit();
  }
}

const tellFailure = (error: unknown): void =>
  printData(`${eventLine({ event: 'failed', failures: problemData(error) }, new Date())}\n`);

/** A command line that could not be read, as a failure like any other. */
const misread = ({ message }: CommanderError): Failure =>
  new Failure({
    kind: 'usage',
    doing: 'Reading the command line',
    said: message.replace(/^error: /, ''),
    next: '`podstrap --help` lists the commands, `podstrap COMMAND --help` the options of one.',
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

function askForReport(error: unknown, argv: readonly string[]): void {
  const file = defectFile(error, argv);
  printError(
    `  → Please report it ${defectsAt()}${file === undefined ? ', with what you typed and what is above' : `\n    with the details in ${file}; look through them first`}.\n    Running the same command again is safe.\n`,
  );
}
