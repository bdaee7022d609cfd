import { needsOf } from '../desired/pods/dependence.js';

/** Tells when a component has ended so often that waiting is of no use. */
export interface CrashCount {
  /** The component was seen to be well. */
  open(component: string): void;
  /** @param ended how often its container has ended until now @returns a reason to give it up */
  judge(component: string, ended: number): string | undefined;
}

/**
 * Counts only the ends for which a component itself must answer: those after everything that it needs on its host was
 * well.
 * @param among the components that are awaited; others are not waited for
 * @param limit give a component up when it has ended so many times
 */
export function crashCount(among: readonly string[], limit: number): CrashCount {
  const opened = new Set<string>();
  const excused = new Map<string, number>();
  return {
    open: (component) => {
      opened.add(component);
    },
    judge: (component, ended) => {
      const lacking = needsOf(component).some((need) => among.includes(need) && !opened.has(need));
      if (lacking) excused.set(component, ended);
      const times = ended - (excused.get(component) ?? 0);
      return times < limit ? undefined : `${component}: its container has ended ${times} times`;
    },
  };
}
