import {
  binaryTag,
  boolYaml11Tag,
  constructFromEvents,
  EVENT_ID,
  type Event,
  floatCoreTag,
  intCoreTag,
  mapTag,
  mergeTag,
  nullCoreTag,
  parseEvents,
  Schema,
  seqTag,
  strTag,
  YAMLException,
} from 'js-yaml';
import { requireModest } from '../../read-yaml.js';

/** One document of a file, and the line of its first word, counted from 1. */
export interface ManifestDocument {
  readonly value: unknown;
  readonly line: number;
}

/** What is wrong with a text as YAML, and where; counted from 1. */
export interface BrokenYaml {
  readonly reason: string;
  readonly line: number;
  readonly column: number;
}

/** kubectl reads a leading zero as octal, as in `defaultMode: 0644`, and `yes` and `on` as true: YAML 1.1 in these. */
const octal = /^[-+]?0[0-7]+$/;
const intTag = {
  ...intCoreTag,
  resolve: (...args: Parameters<typeof intCoreTag.resolve>) =>
    octal.test(args[0]) ? Number.parseInt(args[0], 8) : intCoreTag.resolve(...args),
} as typeof intCoreTag;
const schema = new Schema([
  strTag,
  seqTag,
  mapTag,
  nullCoreTag,
  boolYaml11Tag,
  intTag,
  floatCoreTag,
  binaryTag,
  mergeTag,
]);

/** The documents of a manifest, as kubectl reads them; empty ones are left out. */
export function readDocuments(text: string): readonly ManifestDocument[] | BrokenYaml {
  const source = text.replace(/^\uFEFF/, '');
  try {
    return split(parseEvents(source, {})).flatMap((events) => {
      const [value] = constructFromEvents([...events], { source, schema });
      requireModest(value, source);
      const start = events.map(startOf).find((at) => at >= 0) ?? 0;
      return value === null || value === undefined ? [] : [{ value, line: lineAt(source, start) }];
    });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { line = 0, column = 0 } = error.mark ?? {};
    return { reason: error.reason, line: line + 1, column: column + 1 };
  }
}

/** The events of each document. */
function split(events: readonly Event[]): readonly (readonly Event[])[] {
  const documents: Event[][] = [];
  for (const event of events) {
    if (event.type === EVENT_ID.DOCUMENT) documents.push([]);
    documents.at(-1)!.push(event);
  }
  return documents;
}

const startOf = (event: Event): number =>
  'start' in event ? event.start : 'valueStart' in event ? event.valueStart : -1;

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
