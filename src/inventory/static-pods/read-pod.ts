import { composeDocument } from '../document/compose-document.js';
import { lineIndex } from '../document/line-index.js';
import { locate } from '../document/locate.js';
import { toValue } from '../document/node.js';
import { readFreeValues } from '../document/read-free-values.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import type { FilePlace } from './static-pod.js';

/** A Pod as its manifest has it, and where its fields stand. */
export interface ReadPod {
  readonly pod: unknown;
  readonly placeOf: (path: Path) => FilePlace;
}

type Complaint = Pick<Finding, 'found' | 'expected' | 'hint' | 'place'>;

/** The Pod that a manifest describes, read as the kubelet reads it, and what is wrong with the text. Pure. */
export function readPod(file: string, text: string): { read?: ReadPod; complaints: readonly Complaint[] } {
  const yaml = text.replace(/^\uFEFF/, '');
  const placeAt = lineIndex(yaml);
  const place = (offset: number): FilePlace => ({ file, ...placeAt(offset) });
  const { root, findings } = composeDocument(yaml);
  if (findings.length > 0 || root === undefined)
    return {
      complaints: findings.map(({ at = 0, found, expected, hint }) => {
        const unquoted = unquotedTemplate(yaml, at);
        return unquoted === undefined
          ? {
              place: place(at),
              found: found ?? 'no YAML',
              expected,
              hint,
            }
          : {
              place: place(unquoted),
              found: 'a template without quotes, which YAML takes for a mapping',
              expected: 'text',
              hint: `quote it: "${/\{\{.*?\}\}/.exec(yaml.slice(unquoted))?.[0] ?? '{{…}}'}"`,
            };
      }),
    };
  const pod = toValue(readFreeValues(root, undefined));
  return {
    read: { pod, placeOf: (path) => place(locate(root, path).keyAt) },
    complaints: judge(pod, place(0)),
  };
}

/** Where a `{{` stands without quotes in the line of this offset, at the beginning of a value. */
function unquotedTemplate(text: string, at: number): number | undefined {
  const start = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1;
  const end = text.indexOf('\n', start);
  const line = text.slice(start, end === -1 ? undefined : end);
  const found = /(?:^\s*|[:\-,]\s+|[[,]\s*)(?=\{\{)/.exec(line);
  return found === null ? undefined : start + found.index + found[0].length;
}

function judge(pod: unknown, place: FilePlace): readonly Complaint[] {
  const { apiVersion, kind } = (typeof pod === 'object' && pod !== null ? pod : {}) as Readonly<
    Record<string, unknown>
  >;
  if (apiVersion === 'v1' && kind === 'Pod') return [];
  const word = (value: unknown) => (typeof value === 'string' ? value : 'nothing');
  return [
    {
      place,
      found: `apiVersion ${word(apiVersion)}, kind ${word(kind)}`,
      expected: 'a Pod of v1; a kubelet starts nothing else',
    },
  ];
}
