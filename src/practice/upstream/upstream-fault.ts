/** Something that goes wrong at an upstream. */
export type Fault = {
  /** The path that it strikes, or a pattern of paths. */
  readonly path: string | RegExp;
  /** How many requests it strikes; default: all. Counted down. */
  times?: number;
} & (
  | { readonly kind: 'status'; readonly status: number }
  /** The connection is cut after so many bytes of the body. */
  | { readonly kind: 'break'; readonly after: number }
  /** One byte of the content is wrong, at this offset of the whole; `mask` tells which of its bits, default 1. */
  | { readonly kind: 'flip'; readonly offset: number; readonly mask?: number }
  /** A pause before each piece of the body. */
  | { readonly kind: 'slow'; readonly pauseMs: number }
  /** Answered with a redirect to the same path at another upstream. */
  | { readonly kind: 'redirect'; readonly to: string }
  /** Ranges are ignored: the whole content comes each time. */
  | { readonly kind: 'no-range' }
);

/** The first fault that strikes `path`, counted down. */
export function strike(faults: readonly Fault[], path: string): Fault | undefined {
  const fault = faults.find(
    (one) => one.times !== 0 && (typeof one.path === 'string' ? one.path === path : one.path.test(path)),
  );
  if (fault?.times !== undefined) fault.times--;
  return fault;
}
