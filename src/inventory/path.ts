/** Keys and indices from the document's root to a field. */
export type Path = readonly (string | number)[];

/** `spec.hosts[0].labels["a/b"]` */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** The reverse of formatPath; what is not a path in its form ends it. */
export function parsePath(text: string): Path {
  const path: (string | number)[] = [];
  for (const [, index, quoted, name] of text.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([A-Za-z_][\w-]*)/g))
    path.push(index !== undefined ? Number(index) : quoted !== undefined ? JSON.parse(quoted) : name!);
  return path;
}
