import { visible } from '../terminal.js';
import { inLine } from './foreign.js';
import { bytes } from './texts.js';

/** One line on a terminal that tells how far something is. */
export interface Progress {
  /** @param total bytes; undefined while it is not known */
  tell(doing: string, done: number, total: number | undefined): void;
  /** Leaves the line empty. */
  end(): void;
}

/** Characters of the bar where there is room for it; fewer than the least say nothing. */
const widest = 30;
const narrowest = 8;
/** Milliseconds. */
const drawEvery = 100;

/** Draws on a terminal; anywhere else it stays silent. @param now milliseconds, for the speed */
export function progressLine(
  stream: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown },
  now: () => number = () => performance.now(),
): Progress {
  if (stream.isTTY !== true) return { tell: () => undefined, end: () => undefined };
  const began = new Map<string, number>();
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    tell: (doing, done, total) => {
      const time = now();
      const start = began.get(doing) ?? time;
      began.set(doing, start);
      if (time - drawn < drawEvery && done !== total) return;
      drawn = time;
      // A line that is wrapped could not be taken back.
      const room = (stream.columns ?? 80) - 1;
      stream.write(
        `\r\u001b[K${lineOf(visible(inLine(doing)), done, total, (time - start) / 1000, room).slice(0, room)}`,
      );
    },
    end: () => void stream.write('\r\u001b[K'),
  };
}

function lineOf(
  doing: string,
  done: number,
  total: number | undefined,
  seconds: number,
  room: number,
): string {
  const speed = seconds > 0 ? `, ${bytes(done / seconds)}/s` : '';
  if (total === undefined || total === 0) return `${doing}  ${bytes(done)}${speed}`;
  const part = `${Math.floor((100 * done) / total)} % of ${bytes(total)}${speed}`;
  const width = Math.min(widest, room - `${doing}   ${part}`.length);
  if (width < narrowest) return `${doing}  ${part}`;
  const filled = Math.round((width * done) / total);
  return `${doing}  ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${part}`;
}
