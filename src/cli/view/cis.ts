import type { CisReport, CisResult } from '../../check/cis/check-cis.js';
import { type Dress, dressed } from '../terminal.js';
import { folded, shownIn } from './foreign.js';
import { type TableRow, tableLines } from './table.js';

const marks = { pass: ['✔', 'green'], fail: ['✖', 'red'], warn: ['!', 'yellow'] } as const;

/** A report as a table: one row for each check and what came of it, with what was found and how it is answered. */
export function cisText(seen: CisReport, dress: Dress, width?: number): string {
  const report = shownIn(seen, (text) => folded(text, '      '));
  const rows = new Map<string, { readonly of: CisResult; readonly nodes: string[] }>();
  for (const result of report.results) {
    const key = [result.id, result.result, result.said ?? ''].join('\n');
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { of: result, nodes: [result.node] });
    else row.nodes.push(result.node);
  }
  const told = [...rows.values()]
    .sort((a, b) => rank(a.of.id) - rank(b.of.id))
    .map(
      ({ of, nodes }): TableRow => ({
        cells: [of.id, of.result.toUpperCase(), nodes.join(', '), of.about],
        mark: dressed(dress, marks[of.result][1], marks[of.result][0]),
        below: [
          ...(of.said === undefined ? [] : [`    ${of.said}`]),
          ...(of.answer === undefined ? [] : [`    ${dressed(dress, 'cyan', '→')} ${of.answer}`]),
        ],
      }),
    );
  const lost = report.unasked.map(({ node, said }) => `${node} could not be asked: ${said}`);
  return [
    ...tableLines([{ cells: ['CHECK', 'RESULT', 'NODES', 'WHAT'], style: 'bold' }, ...told], dress, width),
    ...lost,
    '',
    summary(report, dress),
  ].join('\n');
}

/** 1.2.10 comes after 1.2.9, and 2.1 after both. */
function rank(id: string): number {
  const [section = 0, ...parts] = id.split('.').map(Number);
  return parts.reduce((sum, part, depth) => sum + part / 100 ** (depth + 1), section);
}

function summary({ results, cluster, ok }: CisReport, dress: Dress): string {
  const count = (wanted: CisResult['result']) => results.filter(({ result }) => result === wanted).length;
  const head = ok
    ? dressed(dress, 'green', 'no check fails')
    : dressed(dress, 'red', `${count('fail')} failed`);
  return `${dressed(dress, 'bold', cluster)}: ${head}, ${count('pass')} passed, ${count('warn')} are for a person to judge (cis-1.12)`;
}
