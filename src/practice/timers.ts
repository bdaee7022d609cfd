/** Timers that end together: a loss of power leaves none behind. They never keep the process alive. */
export class Timers {
  readonly #pending = new Set<NodeJS.Timeout>();

  after(milliseconds: number, action: () => void): () => void {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      action();
    }, milliseconds);
    timer.unref();
    this.#pending.add(timer);
    return () => {
      clearTimeout(timer);
      this.#pending.delete(timer);
    };
  }

  clear(): void {
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
