import { StringDecoder } from 'node:string_decoder';

/** Takes bytes as they arrive. */
export type Sink = (bytes: Buffer) => void;

/** Keeps the first `limit` bytes. */
export function head(limit: number): { readonly take: Sink; text(): string } {
  const kept: Buffer[] = [];
  let free = limit;
  return {
    take: (bytes) => {
      if (free <= 0) return;
      kept.push(bytes.subarray(0, free));
      free -= bytes.length;
    },
    text: () => Buffer.concat(kept).toString('utf8'),
  };
}

/** Keeps the last `limit` bytes. */
export function tail(limit: number): { readonly take: Sink; text(): string } {
  let kept: Buffer[] = [];
  let size = 0;
  const shrink = () => {
    const whole = Buffer.concat(kept);
    kept = [whole.subarray(Math.max(0, whole.length - limit))];
    size = kept[0]!.length;
  };
  return {
    take: (bytes) => {
      kept.push(bytes);
      size += bytes.length;
      if (size > 2 * limit) shrink();
    },
    text: () => {
      shrink();
      return kept[0]!.toString('utf8');
    },
  };
}

/** Whole lines without their newline; `end` gives the last one when it has none. */
export function lines(onLine: (line: string) => void): { readonly take: Sink; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    take: (bytes) => {
      const parts = (rest + decoder.write(bytes)).split('\n');
      rest = parts.pop()!;
      parts.forEach(onLine);
    },
    end: () => {
      rest += decoder.end();
      if (rest !== '') onLine(rest);
    },
  };
}

/** The last `count` lines that hold anything. */
export const lastLines = (text: string, count: number): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
