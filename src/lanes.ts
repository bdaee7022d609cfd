/** Waits for a free lane; the lane is held until the returned function is called. */
export type Enter = () => Promise<() => void>;

/** Runs a task as soon as one of the lanes is free, in the order of asking. */
export type Lanes = <T>(task: () => Promise<T>) => Promise<T>;

/** A gate with `count` lanes. Leaving twice is the same as once. */
export function gate(count: number): Enter {
  const waiting: (() => void)[] = [];
  let free = count;
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let inside = true;
    return () => {
      if (inside) leave();
      inside = false;
    };
  };
}

/** At most `count` tasks at once. */
export function lanes(count: number): Lanes {
  const enter = gate(count);
  return async (task) => {
    const leave = await enter();
    try {
      return await task();
    } finally {
      leave();
    }
  };
}
