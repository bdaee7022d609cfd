import { composeDocument } from '../document/compose-document.js';
import { lineIndex } from '../document/line-index.js';
import { type MapNode, type Node, toValue } from '../document/node.js';
import { readFreeValues } from '../document/read-free-values.js';
import { repairFields } from '../document/repair-fields.js';
import { parseDuration } from '../duration.js';
import { childSchema, fleetJsonSchema, type JsonSchema } from '../json-schema.js';
import { type Path, parsePath } from '../path.js';
import { type Files, resolvePath } from '../reading/files.js';
import type { Finding } from '../reading/finding.js';
import { schemaFindings } from '../reading/schema-findings.js';
import type { RunCommand } from '../reading/source.js';
import { toProblems } from '../reading/to-problems.js';
import { CsvProblem, readCsv } from './csv.js';
import type { FleetDraft, FleetHost } from './fleet.js';
import { fleetHostSchema } from './fleet-schema.js';

/** A host that a list names, and where it stands there. */
export interface ListedHost {
  readonly host: FleetHost;
  readonly place: { readonly file: string; readonly line: number; readonly column: number };
}

export interface LoadedHosts {
  readonly hosts: readonly ListedHost[];
  readonly findings: readonly Finding[];
}

interface From {
  readonly directory: string;
  readonly home: string | undefined;
}

/** The hosts that spec.hostsFrom leads to, in its order, and what is wrong with the lists. */
export function loadHosts(
  { spec }: FleetDraft,
  files: Files,
  run: RunCommand | undefined,
  from: From,
): LoadedHosts {
  const loaded = (spec?.hostsFrom ?? []).map((list, index): LoadedHosts => {
    const path = ['spec', 'hostsFrom', index];
    if (list === undefined) return none;
    if ((list.file === undefined) === (list.command === undefined))
      return problem({
        path,
        found: list.file === undefined ? 'neither file nor command' : 'both file and command',
        expected: 'one of them',
      });
    if (list.file !== undefined) return readFile([...path, 'file'], list.file, files, from);
    return runCommand([...path, 'command'], list.command!, list.timeout ?? '1m', run, from);
  });
  return {
    hosts: loaded.flatMap(({ hosts }) => hosts),
    findings: loaded.flatMap(({ findings }) => findings),
  };
}

const none: LoadedHosts = { hosts: [], findings: [] };
const problem = (finding: Finding): LoadedHosts => ({ hosts: [], findings: [finding] });

function readFile(path: Path, file: string, files: Files, from: From): LoadedHosts {
  const absolute = resolvePath(file, from);
  const expected = 'a CSV or JSON file with hosts';
  if (files.kind(absolute) !== 'file') return problem({ path, found: `no such file: ${file}`, expected });
  let text: string;
  try {
    text = files.read(absolute);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return problem({ path, found: `${file} cannot be read (${code})`, expected });
  }
  return /\.json$/i.test(file) ? fromJson(path, file, text) : fromCsv(path, file, text);
}

/** Characters of what a failed command said. */
const widest = 300;

function runCommand(
  path: Path,
  command: readonly (string | undefined)[],
  timeout: string,
  run: RunCommand | undefined,
  { directory }: From,
): LoadedHosts {
  // Nobody who only looks at the inventory runs programs.
  if (run === undefined) return none;
  const words = command.flatMap((word) => word ?? []);
  const { said, stdout } = run(words, { directory, timeoutMs: parseDuration(timeout) });
  const name = `the output of ${words[0]}`;
  if (said !== undefined)
    return problem({
      path,
      found: `${words[0]} failed: ${said.slice(0, widest)}`,
      expected: 'a command that prints hosts as JSON',
    });
  return fromJson(path, name, stdout);
}

function fromJson(path: Path, file: string, text: string): LoadedHosts {
  const { root, findings } = composeDocument(text);
  const placeAt = lineIndex(text);
  if (root === undefined || findings.length > 0) {
    const place = { file, ...placeAt(findings[0]?.at ?? 0) };
    return problem({
      path,
      place,
      found: 'no JSON',
      expected: 'a list of hosts, or a mapping from names to hosts',
    });
  }
  const nodes = root.kind === 'list' ? root.items : root.kind === 'map' ? root.entries.map(named) : [root];
  return readAll(path, file, text, nodes);
}

/** A host under its name. */
const named = ({ key, keyAt, value }: MapNode['entries'][number]): Node =>
  value.kind !== 'map' || value.entries.some((entry) => entry.key === 'name')
    ? value
    : { ...value, entries: [{ key: 'name', keyAt, value: scalar(keyAt, key) }, ...value.entries] };

function fromCsv(path: Path, file: string, text: string): LoadedHosts {
  try {
    return readAll(
      path,
      file,
      text,
      readCsv(text).map(({ at, cells }) => rowNode(at, Object.entries(cells))),
    );
  } catch (error) {
    if (!(error instanceof CsvProblem)) throw error;
    const place = { file, ...lineIndex(text)(error.at) };
    return problem({
      path,
      place,
      found: error.message,
      expected: 'a CSV file whose first line names the columns',
    });
  }
}

const scalar = (at: number, value: unknown): Node => ({ kind: 'scalar', at, value, written: String(value) });

/** `labels.KEY` and `values.NAME` fill mappings; a key of a label may have dots of its own. */
function rowNode(at: number, cells: readonly (readonly [string, string])[]): MapNode {
  const row: MapNode = { kind: 'map', at, entries: [] };
  for (const [column, cell] of cells) {
    const steps = /^labels\./.test(column) ? ['labels', column.slice(7)] : column.split('.');
    put(row, steps, cell, hostJsonSchema(), at);
  }
  return row;
}

function put(
  map: MapNode,
  [step, ...rest]: readonly string[],
  cell: string,
  schema: JsonSchema | undefined,
  at: number,
): void {
  const entries = map.entries as MapNode['entries'][number][];
  const below = childSchema(schema, step!);
  const known = entries.find(({ key }) => key === step)?.value;
  if (rest.length === 0) entries.push({ key: step!, keyAt: at, value: scalar(at, typed(cell, below)) });
  else if (known?.kind === 'map') put(known, rest, cell, below, at);
  else {
    const inner: MapNode = { kind: 'map', at, entries: [] };
    entries.push({ key: step!, keyAt: at, value: inner });
    put(inner, rest, cell, below, at);
  }
}

/** Cells are text, but where only something else fits. */
function typed(cell: string, schema: JsonSchema | undefined): unknown {
  if (schema?.type === 'integer' && /^\d+$/.test(cell)) return Number(cell);
  if (schema?.type === 'boolean' && /^(true|false)$/.test(cell)) return cell === 'true';
  return cell;
}

const hostJsonSchema = (): JsonSchema => childSchema(childSchema(fleetJsonSchema(), 'spec'), 'hosts')!.items!;

function readAll(path: Path, file: string, text: string, nodes: readonly Node[]): LoadedHosts {
  const placeAt = lineIndex(text);
  if (nodes.length === 0)
    return problem({
      path,
      found: `${file} lists no host`,
      expected: 'at least one; take it out of spec.hostsFrom when there are none',
    });
  const schema = hostJsonSchema();
  const hosts: ListedHost[] = [];
  const findings: Finding[] = [];
  for (const node of nodes) {
    const repaired = repairFields(node, schema);
    const root = readFreeValues(repaired.root, schema);
    const parsed = fleetHostSchema.safeParse(toValue(root));
    const own = [
      ...repaired.findings,
      ...(parsed.success ? [] : schemaFindings(parsed.error.issues, root, schema)),
    ];
    findings.push(...toProblems(own, root, { file, placeAt }).map(asFinding));
    if (parsed.success) hosts.push({ host: parsed.data, place: { file, ...placeAt(node.at) } });
  }
  return { hosts, findings };
}

/** Of a file of its own: its paths begin with the host. */
const asFinding = ({
  file,
  line,
  column,
  path,
  severity,
  ...rest
}: ReturnType<typeof toProblems>[number]): Finding => ({
  ...rest,
  path: parsePath(path),
  place: { file, line, column },
  ...(severity === 'warning' ? { severity } : {}),
});
