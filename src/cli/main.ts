import { CommanderError } from 'commander';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { HeldUp } from './interrupts.js';
import { passOn } from './pass-on.js';
import { describeProblem, problemData } from './problem.js';
import { program } from './program.js';
import { jsonText, print, printError } from './terminal.js';

/** Runs podstrap with these arguments (without node and script). Sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const root = program();
    await root.parseAsync(passOn(argv, root), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed its words already; help and version are no failures.
      process.exitCode = error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
      return;
    }
    report(error, argv);
    process.exitCode = exitCodeOf(error);
    // What it waits for would keep the process as well.
    if (error instanceof HeldUp) process.exit();
  }
}

function report(error: unknown, argv: readonly string[]): void {
  const json = argv.some(
    (word, index) =>
      word === '--output=json' || (/^(-o|--output)$/.test(argv[index - 1] ?? '') && word === 'json'),
  );
  const plain = argv.includes('--no-color') || process.env['NO_COLOR'] !== undefined || !process.stderr.isTTY;
  if (json) print(`${jsonText({ event: 'failed', failures: problemData(error) })}\n`);
  printError(`${describeProblem(error, plain ? 'plain' : 'color')}\n`);
}
