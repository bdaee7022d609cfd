import type { RunEvent } from '../../events.js';
import { canDraw, type Dress, lengthOf, printError, readsUnicode, shownOn } from '../terminal.js';
import { folded } from './foreign.js';
import { runPicture } from './run-picture.js';
import type { View } from './view.js';

/** A terminal that is drawn on. */
export interface Canvas {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Milliseconds between two drawings. */
const interval = 100;
const [usualColumns, usualRows] = [80, 24];

/** Draws a run on a terminal: stages that are finished as a line each, and below them what goes on. */
export function liveView(
  hosts: readonly string[],
  dress: Dress,
  canvas: Canvas = process.stderr,
  now: () => number = () => performance.now(),
): View {
  const picture = runPicture(hosts, dress, readsUnicode(process.env, canvas.isTTY === true));
  const warnings: string[] = [];
  /** What was drawn last: it is taken back before anything else is written. */
  let drawn: readonly string[] = [];
  const [columns, rows] = [() => canvas.columns ?? usualColumns, () => canvas.rows ?? usualRows];

  /** Rows that the last drawing takes, however wide the terminal was when it was made. */
  const height = (): number =>
    drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(lengthOf(line) / columns())), 0);

  /**
   * Writes lines where the last drawing was. Row by row, and never more of the screen at once: a terminal keeps what is
   * cleared as a whole among the lines that have scrolled away.
   */
  const over = (lines: readonly string[]): string => {
    const before = height();
    const left = Math.max(0, before - lines.length);
    return [
      before === 0 ? '' : `\u001b[${before}A\r`,
      ...lines.map((line) => `${shownOn(canvas, line)}\u001b[K\n`),
      ...(left === 0 ? [] : [`${'\u001b[K\n'.repeat(left)}\u001b[${left}A`]),
    ].join('');
  };
  const draw = (stays: readonly string[] = []) => {
    // Where the terminal was taken away meanwhile, nobody sees it.
    if (!canDraw(canvas)) return;
    const next = picture.lines(now(), columns(), rows() - 1);
    canvas.write(over([...stays, ...next]));
    drawn = next;
  };
  const timer = setInterval(draw, interval);
  timer.unref();

  return {
    emit: (event: RunEvent) => {
      if (event.event === 'warning')
        warnings.push(`${event.host === undefined ? '' : `${event.host}: `}${event.message}`);
      const stays = picture.take(event, now());
      if (stays.length > 0) draw(stays);
    },
    say: (text) => {
      picture.say(text);
      draw();
    },
    close: async (ok) => {
      clearInterval(timer);
      if (canDraw(canvas)) canvas.write(over(ok ? [] : picture.broken()));
      drawn = [];
      for (const warning of warnings) printError(`! ${folded(warning)}\n`);
    },
  };
}
