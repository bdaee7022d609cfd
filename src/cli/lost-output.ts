/** What there is to know of text that does not get out any more. */
export interface LostOutput {
  /** True when its reader has gone, as with `| head`; false when the file that it goes to takes no more. */
  readonly unread: boolean;
  readonly said: string;
}

const losing = new AbortController();

/** Aborted once what we print is lost, with a LostOutput as its reason; a run that changes something goes on all the same. */
export const outputLost: AbortSignal = losing.signal;

/** A reader that has closed its end of a pipe, and a terminal that is gone. */
const readerGone = ['EPIPE', 'EIO'];

/** Takes note of what writing to an output threw. */
export function loseOutput({ code = '', message }: NodeJS.ErrnoException): void {
  losing.abort({ unread: readerGone.includes(code), said: message } satisfies LostOutput);
}

export const lostOutput = (): LostOutput | undefined =>
  outputLost.aborted ? (outputLost.reason as LostOutput) : undefined;

/** A command that only reads has stopped because nobody gets what it finds. */
export class OutputLost extends Error {
  override readonly name = 'OutputLost';
}
