/** Numbers and texts as SSH writes them; https://www.rfc-editor.org/rfc/rfc4251#section-5 */

export function uint32(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, index) => void bytes.writeUInt32BE(number >>> 0, 4 * index));
  return bytes;
}

export function string(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Reads one value after the other. */
export interface Reader {
  byte(): number;
  uint32(): number;
  /** Seconds and other numbers that are beyond any use above 2^53 become that. */
  uint64(): number;
  string(): Buffer;
  /** How many bytes were read. */
  readonly at: number;
}

/** @throws RangeError where `bytes` end too soon */
export function reader(bytes: Buffer): Reader {
  let at = 0;
  const skip = (count: number): number => {
    if (at + count > bytes.length) throw new RangeError('the message ends too soon');
    at += count;
    return at - count;
  };
  const number = () => bytes.readUInt32BE(skip(4));
  return {
    byte: () => bytes[skip(1)]!,
    uint32: number,
    uint64: () => Math.min(Number.MAX_SAFE_INTEGER, number() * 2 ** 32 + number()),
    string: () => {
      const length = number();
      const start = skip(length);
      return bytes.subarray(start, start + length);
    },
    get at() {
      return at;
    },
  };
}

/** Cuts a stream of bytes into messages, each of which has its length before it. @throws RangeError for one of more than `longest` bytes */
export function framed(take: (message: Buffer) => void, longest = 1024 * 1024): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0);
      if (length > longest) throw new RangeError(`a message of ${length} bytes`);
      if (rest.length < 4 + length) return;
      const message = rest.subarray(4, 4 + length);
      rest = rest.subarray(4 + length);
      take(message);
    }
  };
}
