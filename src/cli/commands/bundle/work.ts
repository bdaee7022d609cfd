import { listenForInterrupts } from '../../interrupts.js';
import { printError } from '../../terminal.js';
import { type Progress, progressLine } from '../../view/progress.js';

/** Runs work on a bundle with a line of progress; Ctrl-C stops it. */
export async function work<T>(run: (progress: Progress, signal: AbortSignal) => Promise<T>): Promise<T> {
  const progress = progressLine(process.stderr);
  const interrupts = listenForInterrupts((text) => {
    progress.end();
    printError(`${text}\n`);
  });
  try {
    return await interrupts.within(run(progress, interrupts.stop));
  } finally {
    progress.end();
    interrupts.dispose();
  }
}
