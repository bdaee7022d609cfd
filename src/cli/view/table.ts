import { type Dress, dressed, lengthOf, wrapped } from '../terminal.js';

/** How a row is shown. */
export interface TableRow {
  readonly cells: readonly string[];
  /** Before the first column, as wide in every row. */
  readonly mark?: string;
  /** What is done to all of the row. */
  readonly style?: Parameters<typeof dressed>[1];
  /** Lines below it. */
  readonly below?: readonly string[];
}

const gap = 2;
/** What goes on on another line is set in by so much. */
const indent = 4;

/**
 * Columns as wide as their widest cell. Where all of them do not fit, every row goes on on further lines, each with whole
 * columns: no word is ever cut.
 * @param width of the terminal; undefined where there is none
 */
export function tableLines(rows: readonly TableRow[], dress: Dress, width?: number): readonly string[] {
  const widths = widthsOf(rows);
  const marked = rows.some(({ mark }) => mark !== undefined) ? gap : 0;
  const groups = grouped(widths, width === undefined ? undefined : width - marked);
  const whole = (line: string, more: number) =>
    width === undefined ? [line] : wrapped(line, width, ' '.repeat(more));
  return rows.flatMap(({ cells, mark, style, below = [] }) => {
    const lines = groups
      .map((group) => lineOf(group, cells, widths))
      .filter((line, index) => index === 0 || line !== '')
      .flatMap((line, index) => {
        const start = marked === 0 ? '' : index === 0 ? `${mark ?? ' '} ` : '  ';
        const text = `${index === 0 ? '' : ' '.repeat(indent)}${line}`;
        return whole(`${start}${style === undefined ? text : dressed(dress, style, text)}`, indent + 2);
      });
    return [...lines, ...below.flatMap((line) => whole(line, indent + 2))];
  });
}

/** Whether no row of these would go on on another line. */
export const fitsOneLine = (rows: readonly TableRow[], width?: number): boolean =>
  grouped(widthsOf(rows), width).length === 1;

const widthsOf = (rows: readonly TableRow[]): readonly number[] => {
  const columns = Math.max(0, ...rows.map(({ cells }) => cells.length));
  return Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.map(({ cells }) => lengthOf(cells[column] ?? ''))),
  );
};

/** Columns that stand on one line. */
function grouped(widths: readonly number[], room: number | undefined): readonly (readonly number[])[] {
  const groups: number[][] = [[]];
  let used = 0;
  for (const [column, width] of widths.entries()) {
    const last = groups.at(-1)!;
    const more = last.length === 0 ? width : gap + width;
    const allowed = room === undefined ? Number.POSITIVE_INFINITY : room - (groups.length > 1 ? indent : 0);
    if (last.length > 0 && used + more > allowed) {
      groups.push([column]);
      used = width;
    } else {
      last.push(column);
      used += more;
    }
  }
  return groups;
}

const lineOf = (group: readonly number[], cells: readonly string[], widths: readonly number[]): string =>
  group
    .map((column) => {
      const cell = cells[column] ?? '';
      return `${cell}${' '.repeat(widths[column]! - lengthOf(cell))}`;
    })
    .join(' '.repeat(gap))
    .trimEnd();
