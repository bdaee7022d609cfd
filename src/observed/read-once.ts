/**
 * Reads a text that was read before as the very same object: the hosts of a cluster say much the same, and a thousand of
 * them with a thousand routes each are then a thousand routes in memory, not a million.
 */
export function readOnce<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = read(text);
    known.set(text, result);
    return result;
  };
}
