import {
  type AliasEvent,
  constructFromEvents,
  type DocumentEvent,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
  YAMLException,
} from 'js-yaml';
import { requireModest } from '../../read-yaml.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { type MergedEntries, mergeEntries } from './merge-entries.js';
import type { Entry, Node, ScalarNode } from './node.js';

interface Composer {
  readonly text: string;
  readonly events: readonly Event[];
  readonly document: DocumentEvent;
  /** Finished nodes by anchor; undefined while the node is still open. */
  readonly anchors: Map<string, Node | undefined>;
  /** Values of plain scalars by their spelling. */
  readonly plain: Map<string, unknown>;
  readonly findings: Finding[];
  next: number;
}

/** The one document of `text`, and what is wrong with it as YAML. Without a root there is nothing to check further. */
export function composeDocument(text: string): { root: Node | undefined; findings: readonly Finding[] } {
  try {
    return compose(text, parseEvents(text, {}));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const at = error.mark?.position ?? 0;
    return { root: undefined, findings: [{ path: [], at, found: error.reason, expected: 'valid YAML' }] };
  }
}

function compose(text: string, events: readonly Event[]) {
  const document = events[0];
  if (document?.type !== EVENT_ID.DOCUMENT || events[1]?.type === EVENT_ID.POP)
    return { root: undefined, findings: [empty(text)] };
  const composer: Composer = {
    text,
    events,
    document,
    anchors: new Map(),
    plain: new Map(),
    findings: [],
    next: 1,
  };
  const root = composeNode(composer, []);
  requireModest(root, text);
  const another = contentOf(events.slice(composer.next));
  if (another !== undefined)
    composer.findings.push({
      path: [],
      at: startOf(another),
      found: 'a second document',
      expected: 'one document per file; move the next one to a file of its own',
    });
  return { root, findings: composer.findings };
}

const empty = (text: string): Finding => ({
  path: [],
  at: 0,
  found: text.trim() === '' ? 'the file is empty' : 'there is nothing but comments',
  expected: 'an inventory, such as `podstrap init -f NEW-FILE` writes',
});

/** Where a further document has something in it. An empty one, as behind a last `---`, is none. */
const contentOf = (events: readonly Event[]): Event | undefined =>
  events.find(
    (event) =>
      event.type !== EVENT_ID.POP &&
      event.type !== EVENT_ID.DOCUMENT &&
      !(event.type === EVENT_ID.SCALAR && event.valueStart === -1),
  );

function composeNode(composer: Composer, path: Path): Node {
  const event = composer.events[composer.next++]!;
  if (event.type === EVENT_ID.ALIAS) return resolveAlias(composer, event, path);
  const anchor = anchorOf(composer.text, event);
  if (anchor !== undefined) composer.anchors.set(anchor, undefined);
  const node = composeFresh(composer, event, path);
  if (anchor !== undefined) composer.anchors.set(anchor, node);
  return node;
}

function composeFresh(composer: Composer, event: Event, path: Path): Node {
  if (event.type === EVENT_ID.SCALAR) return composeScalar(composer, event, path);
  if (event.type === EVENT_ID.SEQUENCE) return composeList(composer, event, path);
  return composeMap(composer, event as MappingEvent, path);
}

function composeScalar(composer: Composer, event: ScalarEvent, path: Path): ScalarNode {
  const { text } = composer;
  // An empty value has no place of its own: it stands right before what comes next, at best behind its key.
  const at = event.valueStart === -1 ? endOfPrevious(composer) : startOf(event);
  const written = event.valueStart === -1 ? '' : text.slice(event.valueStart, event.valueEnd);
  try {
    const value = readValue(composer, event, written);
    return { kind: 'scalar', at, value, written, ...(isPlain(event) ? { plain: true } : {}) };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    composer.findings.push({ path, at, found: error.reason, expected: 'a value without a tag of its own' });
    return { kind: 'scalar', at, value: getScalarValue(text, event), written };
  }
}

/** Quoted scalars are text; what a plain one is, the YAML schema decides, once for every spelling. */
function readValue({ text, document, plain }: Composer, event: ScalarEvent, written: string): unknown {
  if (event.tagStart === -1 && event.style !== SCALAR_STYLE.PLAIN) return getScalarValue(text, event);
  if (event.tagStart === -1 && plain.has(written)) return plain.get(written);
  const [value] = constructFromEvents([document, event, { type: EVENT_ID.POP }], { source: text });
  if (event.tagStart === -1) plain.set(written, value);
  return value;
}

function composeList(composer: Composer, event: SequenceEvent, path: Path): Node {
  const items: Node[] = [];
  while (composer.events[composer.next]!.type !== EVENT_ID.POP)
    items.push(composeNode(composer, [...path, items.length]));
  composer.next++;
  return { kind: 'list', at: event.start, items };
}

function composeMap(composer: Composer, event: MappingEvent, path: Path): Node {
  const own: Entry[] = [];
  const merged: MergedEntries = { entries: [] };
  while (composer.events[composer.next]!.type !== EVENT_ID.POP) {
    const keyAt = startOf(composer.events[composer.next]!);
    const keyNode = composeNode(composer, path);
    const key = keyOf(composer, keyNode, path);
    const value = composeNode(composer, [...path, key]);
    // In quotes it is a key like any other.
    if (key === '<<' && composer.text.startsWith(key, keyAt))
      mergeEntries(merged, value, (at) => composer.findings.push(unmergeable(path, at)));
    else if (isNew(composer, own, key, keyAt, path)) own.push({ key, keyAt, value });
  }
  composer.next++;
  const inherited = merged.entries.filter(({ key }) => !own.some((entry) => entry.key === key));
  return { kind: 'map', at: event.start, entries: [...own, ...inherited] };
}

function keyOf(composer: Composer, node: Node, path: Path): string {
  if (node.kind === 'scalar' && node.value !== '__proto__') return String(node.value);
  composer.findings.push({
    path,
    at: node.at,
    found: 'a key that is not a plain word',
    expected: 'a plain word',
  });
  return '';
}

function isNew(composer: Composer, own: readonly Entry[], key: string, keyAt: number, path: Path): boolean {
  const first = own.find((entry) => entry.key === key);
  if (first === undefined) return true;
  const line = composer.text.slice(0, first.keyAt).split('\n').length;
  composer.findings.push({
    path: [...path, key],
    at: keyAt,
    found: `the field appears twice (first on line ${line})`,
    expected: 'each field only once',
  });
  return false;
}

const unmergeable = (path: Path, at: number): Finding => ({
  path: [...path, '<<'],
  at,
  found: 'something that cannot be merged',
  expected: 'an alias of a mapping, or a list of such',
});

function resolveAlias(composer: Composer, event: AliasEvent, path: Path): Node {
  const name = composer.text.slice(event.anchorStart, event.anchorEnd);
  const node = composer.anchors.get(name);
  if (node !== undefined) return node;
  const found = composer.anchors.has(name)
    ? `*${name} inside of &${name}`
    : `*${name} without an &${name} before it`;
  composer.findings.push({
    path,
    at: event.anchorStart - 1,
    found,
    expected: 'an alias of a finished anchor',
  });
  return { kind: 'scalar', at: event.anchorStart - 1, value: null, written: `*${name}` };
}

const anchorOf = (text: string, event: Event): string | undefined =>
  'anchorStart' in event && event.anchorStart !== -1
    ? text.slice(event.anchorStart, event.anchorEnd)
    : undefined;

const isPlain = ({ style, tagStart }: ScalarEvent): boolean =>
  style === SCALAR_STYLE.PLAIN && tagStart === -1;

const isQuoted = ({ style }: ScalarEvent): boolean =>
  style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;

function startOf(event: Event): number {
  if ('valueStart' in event) return isQuoted(event) ? event.valueStart - 1 : event.valueStart;
  if ('start' in event) return event.start;
  return 'anchorStart' in event ? event.anchorStart - 1 : 0;
}

function endOfPrevious(composer: Composer): number {
  const previous = composer.events[composer.next - 2];
  return previous !== undefined && 'valueEnd' in previous ? previous.valueEnd + 1 : 0;
}
