import { bytes } from './texts.js';

/** One line on a terminal that tells how far something is. */
export interface Progress {
  /** @param total bytes; undefined while it is not known */
  tell(doing: string, done: number, total: number | undefined): void;
  /** Leaves the line empty. */
  end(): void;
}

const width = 30;
const drawEvery = 100;

/** Draws on a terminal; anywhere else it stays silent. @param now milliseconds, for the speed */
export function progressLine(
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
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
      stream.write(`\r\u001b[K${lineOf(doing, done, total, (time - start) / 1000)}`);
    },
    end: () => void stream.write('\r\u001b[K'),
  };
}

function lineOf(doing: string, done: number, total: number | undefined, seconds: number): string {
  const speed = seconds > 0 ? `, ${bytes(done / seconds)}/s` : '';
  if (total === undefined || total === 0) return `${doing}  ${bytes(done)}${speed}`;
  const filled = Math.round((width * done) / total);
  const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
  return `${doing}  ${bar} ${Math.floor((100 * done) / total)} % of ${bytes(total)}${speed}`;
}
