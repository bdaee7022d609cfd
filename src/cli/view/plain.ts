import type { RunEvent } from '../../events.js';
import { eventLine } from '../answer.js';
import { lineOf } from './texts.js';
import type { View } from './view.js';

/** One line per event, for logs and pipes. @param verbose shows every single step, too */
export function plainView(write: (line: string) => void, verbose: boolean): View {
  const wanted = (event: RunEvent): boolean =>
    verbose || (event.event !== 'step' && event.event !== 'waiting');
  return {
    emit: (event) => {
      const line = wanted(event) ? lineOf(event) : undefined;
      if (line !== undefined) write(line);
    },
    say: write,
    close: async () => undefined,
  };
}

/** Every event as one JSON object a line. */
export const jsonView = (write: (line: string) => void, now: () => Date): View => ({
  emit: (event) => write(eventLine(event, now())),
  say: () => undefined,
  close: async () => undefined,
});

/** Only what somebody has to know: the rest is in the result. */
export const quietView = (write: (line: string) => void): View => ({
  emit: (event) => {
    if (event.event === 'warning') write(lineOf(event)!);
  },
  say: write,
  close: async () => undefined,
});
