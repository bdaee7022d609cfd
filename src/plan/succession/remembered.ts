/** `work`, done once for each text: many hosts have the same, and parsing is what costs. Only for pure functions. */
export function remembered<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly result: T }>();
  return (text) => {
    const found = known.get(text) ?? { result: work(text) };
    known.set(text, found);
    return found.result;
  };
}
