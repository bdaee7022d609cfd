/** Characters of a line that are shown: whoever wants to read more of it finds it in the JSON, or on the host. */
const widest = 2_000;

const cut = (line: string): string =>
  line.length <= widest ? line : `${line.slice(0, widest)}… (${line.length - widest} more characters)`;

/**
 * Text from a host, a server or a file as part of ours: each of its further lines is set in, so that none can pass for a
 * line of podstrap's own, and none is longer than people read.
 */
export const folded = (text: string, indent = '    '): string => {
  const [first = '', ...more] = text.split('\n');
  return [cut(first), ...more.map((line) => `${indent}${cut(line)}`)].join('\n');
};

/** The same within one line, such as a cell of a table. */
export const inLine = (text: string): string => cut(text.replaceAll('\n', '\\n'));

/** Data for a view, with every text in it as `shown` makes it. Only plain objects and arrays are looked into. */
export function shownIn<T>(value: T, shown: (text: string) => string): T {
  const of = (one: unknown): unknown => {
    if (typeof one === 'string') return shown(one);
    if (Array.isArray(one)) return one.map(of);
    if (typeof one !== 'object' || one === null || Object.getPrototypeOf(one) !== Object.prototype)
      return one;
    return Object.fromEntries(Object.entries(one).map(([key, part]) => [key, of(part)]));
  };
  return of(value) as T;
}
