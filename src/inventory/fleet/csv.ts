/** A line of a CSV file, by the names of its columns. */
export interface CsvRow {
  /** Offset of its beginning. */
  readonly at: number;
  readonly cells: Readonly<Record<string, string>>;
}

/** Why a text is no CSV file. */
export class CsvProblem extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/**
 * The rows of a CSV file (RFC 4180) whose first line names the columns. Empty cells are left out, and so are empty lines.
 * @throws CsvProblem
 */
export function readCsv(text: string): readonly CsvRow[] {
  const [head, ...rows] = linesOf(text.replace(/^\uFEFF/, ' '));
  if (head === undefined) return [];
  const names = head.cells.map((name) => name.trim());
  if (names.some((name, index) => name === '' || names.indexOf(name) !== index))
    throw new CsvProblem('its first line names each column once', head.at);
  return rows.map(({ at, cells }) => {
    if (cells.length > names.length)
      throw new CsvProblem(`${cells.length} cells under ${names.length} columns`, at);
    const filled = cells.map((cell, index) => [names[index]!, cell.trim()] as const);
    return { at, cells: Object.fromEntries(filled.filter(([, cell]) => cell !== '')) };
  });
}

interface Line {
  readonly at: number;
  readonly cells: readonly string[];
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let began = 0;
  const endCell = () => {
    cells.push(cell);
    cell = '';
  };
  const endLine = (next: number) => {
    endCell();
    if (cells.some((one) => one.trim() !== '')) lines.push({ at: began, cells });
    cells = [];
    began = next;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quoted && char !== '"') cell += char;
    else if (quoted && text[at + 1] === '"') {
      cell += char;
      at++;
    } else if (quoted) quoted = false;
    else if (char === '"' && cell.trim() === '') {
      cell = '';
      quoted = true;
    } else if (char === ',') endCell();
    else if (char === '\n') endLine(at + 1);
    else if (char !== '\r') cell += char;
  }
  if (quoted) throw new CsvProblem('a quotation mark has no end', began);
  endLine(text.length);
  return lines;
}
