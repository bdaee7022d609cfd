import { clipped } from '../terminal.js';

/** What begins with it is as it should be, or says nothing by itself. */
const isWell = (line: string): boolean => !/[✖!~?]/.test(line);

/**
 * As many lines as a terminal has rows: its headline always, then what is not well before what is, in their order, and at the
 * end how many there are besides.
 */
export function oneScreen(lines: readonly string[], columns: number, rows: number): readonly string[] {
  const cut = (line: string) => clipped(line, columns - 1);
  // The line that the cursor stands on is one of them.
  const room = Math.max(1, rows - 1);
  if (lines.length <= room) return lines.map(cut);
  const [head = '', ...rest] = lines;
  const told = rest.filter((line) => line !== '');
  const ranked = [...told].sort((a, b) => Number(isWell(a)) - Number(isWell(b)));
  const shown = new Set(ranked.slice(0, Math.max(0, room - 2)));
  const kept = told.filter((line) => shown.delete(line));
  return [head, ...kept, `… ${told.length - kept.length} more lines; \`podstrap status\` shows all`]
    .slice(0, room)
    .map(cut);
}
