import type { HostJournalEntry } from '../../observed/memory/generation.js';
import type { HostsHistory } from '../../stories/history.js';
import type { PastRun, RunStory } from '../files/read-history.js';
import { type Dress, dressed } from '../terminal.js';
import { folded, inLine, shownIn } from './foreign.js';
import { fitsOneLine, type TableRow, tableLines } from './table.js';
import { seconds } from './texts.js';

/** A row of the table, and of `-o json`. */
export interface HistoryRow extends PastRun {
  /** The run whose state this one brought back. */
  readonly rollbackTo?: string;
}

const titles = ['RUN', 'TIME', 'WHO', 'COMMAND', 'CHANGES', 'RESULT', 'TOOK'];

/** The operator's runs, completed by those that only hosts know: another operator made them. Oldest first. Pure. */
export function historyRows(own: readonly PastRun[], seen: HostsHistory | undefined): readonly HistoryRow[] {
  const told = new Map<string, HostJournalEntry[]>();
  for (const entry of seen?.hosts.flatMap(({ journal }) => journal) ?? [])
    told.set(entry.run, [...(told.get(entry.run) ?? []), entry]);
  const known = own.map((row): HistoryRow => ({ ...row, ...rollbackOf(told.get(row.run)?.[0]) }));
  const others = [...told.values()].flatMap((entries): HistoryRow[] =>
    own.some(({ run }) => run === entries[0]!.run) ? [] : [rowOf(entries)],
  );
  return [...known, ...others].sort((a, b) => (a.run < b.run ? -1 : 1));
}

const rollbackOf = (entry: HostJournalEntry | undefined): Pick<HistoryRow, 'rollbackTo'> =>
  entry?.rollbackTo === undefined ? {} : { rollbackTo: entry.rollbackTo };

function rowOf(entries: readonly HostJournalEntry[]): HistoryRow {
  const [first] = entries as readonly [HostJournalEntry];
  // As Session.owner is made.
  const [, by = first.by, command] = /^(.*) \(podstrap (.*)\)$/.exec(first.by) ?? [];
  return {
    run: first.run,
    time: first.time,
    by,
    command,
    changes: entries.reduce((sum, { steps }) => sum + steps, 0),
    result: first.result,
    seconds: undefined,
    ...rollbackOf(first),
  };
}

/** A table of runs, and below it what the hosts have, when they were asked. */
export function historyText(
  told: readonly HistoryRow[],
  ofHosts: HostsHistory | undefined,
  dress: Dress,
  width?: number,
): string {
  const { rows, seen } = shownIn({ rows: told, seen: ofHosts }, inLine);
  const hosts = [
    ...(seen?.hosts ?? []).map(({ host, generation, generations }) =>
      generation === undefined
        ? `${host}: no run was finished here`
        : `${host}: at ${generation.run}${generation.rollbackTo === undefined ? '' : ` (rolled back to ${generation.rollbackTo})`}; keeps ${generations.join(', ')}`,
    ),
    ...(seen?.unreachable ?? []).map(({ host, said }) => `${dressed(dress, 'red', '✖')} ${host}: ${said}`),
  ];
  const table = rows.length === 0 ? ['No run has changed anything yet.'] : tableOf(rows, dress, width);
  return [...table, ...(hosts.length === 0 ? [] : ['', ...hosts])].join('\n');
}

/** Without the time where that would be too wide: the name of a run begins with it. */
function tableOf(rows: readonly HistoryRow[], dress: Dress, width?: number): readonly string[] {
  const bad = ({ result }: HistoryRow) => result === 'failed' || result === 'killed';
  const told = rows.map((row): TableRow => ({ cells: cellsOf(row), ...(bad(row) ? { style: 'red' } : {}) }));
  const whole: readonly TableRow[] = [{ cells: titles, style: 'bold' }, ...told];
  const short = whole.map((row) => ({ ...row, cells: row.cells.toSpliced(titles.indexOf('TIME'), 1) }));
  return tableLines(fitsOneLine(whole, width) ? whole : short, dress, width);
}

const cellsOf = (row: HistoryRow): readonly string[] => [
  row.run,
  row.time.slice(0, 19).replace('T', ' '),
  row.by ?? '-',
  row.rollbackTo === undefined ? (row.command ?? '-') : `${row.command ?? 'rollback'} to ${row.rollbackTo}`,
  String(row.changes),
  row.result,
  row.seconds === undefined ? '-' : seconds(row.seconds),
];

/** All of one run: who, when, what was done where, what was planned and not done, and what went wrong. */
export function storyText(
  told: RunStory & { readonly record?: string },
  dress: Dress,
  width?: number,
): string {
  const story = { ...shownIn(told, inLine), failures: told.failures };
  const place = (host: string) => (host === '' ? 'cluster' : host);
  const stepLine = (step: { host: string; step: string; reason: string }) =>
    `  ${place(step.host)}: ${step.step}${dressed(dress, 'dim', `  (${step.reason})`)}`;
  // An object may be there before its turn comes: then what was to create it has updated it.
  const keyOf = ({ host, step }: { host: string; step: string }) =>
    `${host}\n${step.replace(/^(create|update) /, '')}`;
  const done = new Set(story.steps.map(keyOf));
  // What a run that came to its end did not do, it found done.
  const left =
    story.result === 'done' ? [] : (story.plan?.steps ?? []).filter((step) => !done.has(keyOf(step)));
  const part = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', dressed(dress, 'bold', title), ...lines];
  return [
    ...tableOf([story], dress, width),
    ...part(
      'Done',
      story.steps.map((step) => `  ${step.at.slice(11, 19)} ${stepLine(step).trimStart()}`),
    ),
    ...part('Planned and not done', left.map(stepLine)),
    ...part(
      'Warnings',
      story.warnings.map(({ host, message }) => `  ${host === undefined ? '' : `${host}: `}${message}`),
    ),
    ...part('Failed', story.failures.flatMap(failureLines)),
    ...part(
      'Its record, for a machine that has lost it',
      told.record === undefined ? [] : [`  --accept-record ${told.record}`],
    ),
  ].join('\n');
}

/** A failure as a journal has it; see problemData. */
function failureLines(failure: object): readonly string[] {
  const { doing, where, said, next } = failure as {
    doing?: string;
    where?: { host?: string; phase?: string; step?: string };
    said?: string;
    next?: string;
  };
  const places = [where?.host, where?.phase, where?.step].filter(Boolean).join(' · ');
  return [
    `  ${places === '' ? '' : `${inLine(places)}: `}${inLine(doing ?? '')}`,
    ...(said ?? '').split('\n').flatMap((line) => (line === '' ? [] : [`    ${inLine(line)}`])),
    ...(next === undefined ? [] : [`    → ${folded(next, '      ')}`]),
  ];
}
