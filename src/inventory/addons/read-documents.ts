import { constructFromEvents, EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import { kubernetesSchema } from '../../kubernetes/yaml-schema.js';
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

/** The documents of a manifest, as kubectl reads them; empty ones are left out. */
export function readDocuments(text: string): readonly ManifestDocument[] | BrokenYaml {
  const source = text.replace(/^\uFEFF/, '');
  try {
    return split(parseEvents(source, {})).flatMap((events) => {
      const [value] = constructFromEvents([...events], { source, schema: kubernetesSchema });
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

/** The documents of a manifest's file. JSON may have tabs where YAML forbids them. */
export function readManifest(file: string, text: string): readonly ManifestDocument[] | BrokenYaml {
  if (file.endsWith('.json'))
    try {
      return [{ value: JSON.parse(text), line: 1 }];
    } catch {
      // Read as YAML, it says where it is wrong.
    }
  return readDocuments(text);
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
