/**
 * Makes something once for all who ask for it, as long as it is among the last `most` that were made. What failed is made anew.
 * @returns a function that gives what belongs to a key, or makes it
 */
export function recently<T>(most: number): (key: string, make: () => Promise<T>) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (key, make) => {
    const found = kept.get(key);
    if (found) return found;
    const making = make();
    kept.set(key, making);
    making.catch(() => kept.delete(key));
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return making;
  };
}
