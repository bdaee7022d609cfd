import { inspect } from 'node:util';

/** A value that must not reach a screen, a log, a plan or a golden file. Printing it in any way gives `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; call it only where bytes leave for their destination. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/** The text of `value`, secret or not. */
export const reveal = (value: string | Secret): string =>
  typeof value === 'string' ? value : value.reveal();
