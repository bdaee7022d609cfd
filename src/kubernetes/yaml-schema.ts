import {
  binaryTag,
  boolYaml11Tag,
  defineScalarTag,
  load,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  nullCoreTag,
  Schema,
  seqTag,
  strTag,
} from 'js-yaml';

const decimal = /^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i;
const integer = /^([-+]?)(?:0x([\da-f]+)|0b([01]+)|0o?([0-7]+)|(0|[1-9]\d*))$/i;
const notFinite: Readonly<Record<string, number>> = {
  '.nan': Number.NaN,
  '.inf': Number.POSITIVE_INFINITY,
  '+.inf': Number.POSITIVE_INFINITY,
  '-.inf': Number.NEGATIVE_INFINITY,
};

/** Numbers as Go reads them: underscores count for nothing, and a zero in front means octal where the digits allow it. */
const numberTag = defineScalarTag('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: [...'-+.0123456789'],
  resolve: (text) => {
    const plain = text.startsWith('.') ? text : text.replaceAll('_', '');
    const [, sign, hex, binary, octal, digits] = integer.exec(plain) ?? [];
    const base = hex ? 16 : binary ? 2 : octal ? 8 : 10;
    const whole = hex ?? binary ?? octal ?? digits;
    if (whole !== undefined) return Number.parseInt(whole, base) * (sign === '-' ? -1 : 1);
    if (decimal.test(plain)) return Number(plain);
    return /^[-+]?\.(nan|NaN|NAN|inf|Inf|INF)$/.test(plain)
      ? (notFinite[plain.toLowerCase()] ?? NOT_RESOLVED)
      : NOT_RESOLVED;
  },
  identify: (value) => typeof value === 'number',
});
/** What says `!!int` itself is one of those numbers. */
const integerTag = defineScalarTag('tag:yaml.org,2002:int', {
  resolve: numberTag.resolve,
  identify: () => false,
});

/**
 * YAML as Kubernetes, kubectl and kubeadm read it, which is 1.1 as far as its plain words go: `yes`, `off` and `n` are
 * booleans, and `0644` is octal. Source: sigs.k8s.io/yaml.
 */
export const kubernetesSchema = new Schema([
  strTag,
  seqTag,
  mapTag,
  nullCoreTag,
  boolYaml11Tag,
  numberTag,
  integerTag,
  binaryTag,
  mergeTag,
]);

/** The value of a plain word, such as `off`; null where there is none. */
export const readWord = (word: string): unknown =>
  word.trim() === '' ? null : load(word, { schema: kubernetesSchema });
