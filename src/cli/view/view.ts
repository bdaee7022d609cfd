import type { Emit } from '../../events.js';

/** Something that shows a run's events. */
export interface View {
  readonly emit: Emit;
  /** Ends the drawing; afterwards the terminal is free for other text. @param ok how the run ended */
  close(ok: boolean): Promise<void>;
  /** A line from outside the run, such as the answer to Ctrl-C. */
  say(text: string): void;
}
