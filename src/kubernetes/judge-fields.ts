import { fieldsOf, isTypeName, type TypeName } from './known.js';
import { choices, mappings, patterns, ranges, unreachable } from './limits.js';

/** What is wrong with a value, and where in it. */
export interface FieldComplaint {
  readonly path: readonly (string | number)[];
  /** Absent where the value itself says it. */
  readonly found?: string;
  readonly expected: string;
  /** The fields that there are, where an unknown one stands. */
  readonly known?: readonly string[];
}

/** How a value is meant. */
export interface Reading {
  readonly minor: number;
  /** It is a strategic patch, which may have directives. */
  readonly patch?: boolean;
}

/**
 * Holds a value against a type of Kubernetes: fields that it lacks, which a kubelet passes over in silence, and values that
 * it could not decode. What a value may be beyond its type is not looked at. Pure.
 */
export function judgeFields(value: unknown, type: string, reading: Reading): readonly FieldComplaint[] {
  if (value === null || value === undefined) return [];
  if (type.startsWith('[]')) return judgeList(value, type.slice(2), reading);
  if (type.startsWith('{}')) return judgeMapping(value, () => type.slice(2), reading);
  if (isTypeName(type)) return judgeObject(value, type, reading);
  const { fits, expected } = scalars[type] ?? { fits: () => true, expected: '' };
  return fits(value) ? [] : [{ path: [], expected }];
}

/** A Go duration as metav1.Duration reads it: text. */
const duration = /^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
const quantity = /^[-+]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?\d+)?$/;
const isInteger = (value: unknown): boolean => Number.isInteger(value);

interface Scalar {
  readonly fits: (value: unknown) => boolean;
  readonly expected: string;
}

const scalars: Readonly<Record<string, Scalar>> = {
  string: {
    fits: (value) => typeof value === 'string',
    expected: 'text; numbers, true and false need quotes',
  },
  boolean: { fits: (value) => typeof value === 'boolean', expected: 'true or false' },
  integer: { fits: isInteger, expected: 'a whole number' },
  number: { fits: (value) => typeof value === 'number', expected: 'a number' },
  duration: {
    fits: (value) => typeof value === 'string' && duration.test(value),
    expected: 'a duration such as 30s or 1h30m',
  },
  quantity: {
    fits: (value) => typeof value === 'number' || (typeof value === 'string' && quantity.test(value)),
    expected: 'a quantity such as 500m or 2Gi',
  },
  'integer-or-string': {
    fits: (value) => typeof value === 'string' || isInteger(value),
    expected: 'a whole number or text',
  },
  bytes: {
    fits: (value) =>
      typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0,
    expected: 'text in base64',
  },
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const below = (step: string | number, complaints: readonly FieldComplaint[]): readonly FieldComplaint[] =>
  complaints.map((complaint) => ({ ...complaint, path: [step, ...complaint.path] }));

const judgeList = (value: unknown, type: string, reading: Reading): readonly FieldComplaint[] =>
  Array.isArray(value)
    ? value.flatMap((item, index) => below(index, judgeFields(item, type, reading)))
    : [{ path: [], expected: 'a list' }];

function judgeMapping(
  value: unknown,
  typeOf: (key: string) => string | undefined,
  reading: Reading,
  known: readonly string[] = [],
): readonly FieldComplaint[] {
  if (!isMapping(value)) return [{ path: [], expected: 'a mapping' }];
  return Object.entries(value).flatMap(([key, one]): readonly FieldComplaint[] => {
    if (reading.patch && key.startsWith('$')) return [];
    const type = typeOf(key);
    return type === undefined
      ? [{ path: [key], found: 'unknown field', expected: 'a field that there is', known }]
      : below(key, judgeFields(one, type, reading));
  });
}

function judgeObject(value: unknown, type: TypeName, reading: Reading): readonly FieldComplaint[] {
  const fields = fieldsOf(type, reading.minor);
  const complaints = judgeMapping(value, (key) => fields.get(key), reading, [...fields.keys()]);
  if (complaints.length > 0 || !isMapping(value)) return complaints;
  return Object.entries(value).flatMap(([key, one]) => below(key, beyondType(`${type}.${key}`, one)));
}

/** What is wrong with a value of the right type. */
function beyondType(field: `${string}.${string}`, value: unknown): readonly FieldComplaint[] {
  if (value === null) return [];
  const instead = unreachable[field];
  if (instead !== undefined)
    return [{ path: [], found: 'what only the API has, which a static pod cannot reach', expected: instead }];
  if (isMapping(value)) return judgeKeys(value, mappings[field]);
  const [pattern, looks] = patterns[field] ?? [/^/, ''];
  if (typeof value === 'string' && !pattern.test(value)) return [{ path: [], expected: looks }];
  const words = choices[field];
  if (words !== undefined && value !== '' && !words.includes(value as string))
    return [{ path: [], expected: `one of ${words.join(', ')}` }];
  const [least, most] = ranges[field] ?? [-Infinity, Infinity];
  if (typeof value !== 'number' || (value >= least && value <= most)) return [];
  const expected =
    most === Infinity ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`;
  return [{ path: [], expected }];
}

/** Labels and annotations. */
const judgeKeys = (
  mapping: Readonly<Record<string, unknown>>,
  { key, value = /^/ }: { readonly key: RegExp; readonly value?: RegExp } = { key: /^/ },
): readonly FieldComplaint[] =>
  Object.entries(mapping).flatMap(([name, one]): readonly FieldComplaint[] => {
    if (!key.test(name))
      return [{ path: [name], found: 'a malformed key', expected: 'a key such as example.com/x' }];
    if (one === null || value.test(String(one))) return [];
    return [{ path: [name], expected: 'at most 63 letters, digits, dashes, dots and underscores' }];
  });
