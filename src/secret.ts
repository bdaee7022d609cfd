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

/** Who one is and one's password in a URL, such as that of a proxy; https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1 */
const userInfo = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;

/** A text that people get to see, such as a manifest in a diff, without the credentials in its URLs. */
export const withoutCredentials = (text: string): string => text.replace(userInfo, '$1[redacted]@');
