import { type CheckReport, type CheckResult, checkKinds } from '../../check/check-report.js';
import { type Dress, dressed } from '../terminal.js';
import { folded, shownIn } from './foreign.js';
import { type TableRow, tableLines } from './table.js';
import { seconds } from './texts.js';

/** A row of the table: one check on the nodes that it came to the same on. */
interface Row {
  readonly result: CheckResult['result'];
  readonly check: string;
  readonly nodes: readonly string[];
  readonly seconds: number;
  readonly said?: string;
  readonly next?: string;
}

const marks = { ok: ['✔', 'green'], failed: ['✖', 'red'], skipped: ['-', 'yellow'] } as const;

/** A report as a table: what is well in one row a check, what is not with its reason and what to do. */
export function checkText(seen: CheckReport, dress: Dress, width?: number): string {
  const report = shownIn(seen, (text) => folded(text, '      '));
  const rows = checkKinds.flatMap(({ name }) => rowsOf(report.checks.filter(({ check }) => check === name)));
  const told = rows.map(
    (row): TableRow => ({
      cells: [row.check, where(row), seconds(row.seconds), row.result],
      mark: dressed(dress, marks[row.result][1], marks[row.result][0]),
      below: [
        ...(row.said === undefined ? [] : [`    ${row.said}`]),
        ...(row.next === undefined ? [] : [`    ${dressed(dress, 'cyan', '→')} ${row.next}`]),
      ],
    }),
  );
  return [
    ...tableLines([{ cells: ['CHECK', 'NODES', 'TOOK', 'RESULT'], style: 'bold' }, ...told], dress, width),
    '',
    summary(report, dress),
  ].join('\n');
}

/** Results that say the same are one row. */
function rowsOf(results: readonly CheckResult[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const { check, node, result, seconds: took, said, next } of results) {
    const key = JSON.stringify([result, said, next]);
    const before = rows.get(key);
    rows.set(key, {
      check,
      result,
      nodes: [...(before?.nodes ?? []), ...(node === undefined ? [] : [node])],
      seconds: Math.max(took, before?.seconds ?? 0),
      ...(said === undefined ? {} : { said }),
      ...(next === undefined ? {} : { next }),
    });
  }
  return [...rows.values()];
}

/** Names as long as they can be read. */
const mostNames = 5;

const where = ({ nodes }: Row): string =>
  nodes.length > mostNames ? `${nodes.length} nodes` : nodes.join(', ') || '(cluster)';

function summary({ checks, cluster, ok, seconds: took }: CheckReport, dress: Dress): string {
  const count = (wanted: CheckResult['result']) => checks.filter(({ result }) => result === wanted).length;
  const head = ok
    ? dressed(dress, 'green', 'it runs pods')
    : count('failed') > 0
      ? dressed(dress, 'red', `${count('failed')} checks failed`)
      : dressed(dress, 'yellow', 'whether it runs pods was not asked');
  const skipped = count('skipped');
  return `${dressed(dress, 'bold', cluster)}: ${head}, ${count('ok')} passed${skipped > 0 ? `, ${skipped} skipped` : ''} (${seconds(took)})`;
}
