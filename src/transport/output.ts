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

/** Whole lines without their newline; `end` gives the last one when it has none. Each byte is looked at once. */
export function lines(onLine: (line: string) => void): { readonly take: Sink; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  return {
    take: (bytes) => {
      const parts = decoder.write(bytes).split('\n');
      const last = parts.pop()!;
      for (const part of parts) {
        onLine([...rest, part].join(''));
        rest = [];
      }
      rest.push(last);
    },
    end: () => {
      const line = [...rest, decoder.end()].join('');
      if (line !== '') onLine(line);
    },
  };
}

/** Passes bytes on until there are more than `limit` in all, calls `onMore` once, and lets go of everything after that. */
export function atMost(limit: number, sink: Sink, onMore: () => void): Sink {
  let free = limit;
  return (bytes) => {
    if (free < 0) return;
    free -= bytes.length;
    if (free < 0) onMore();
    else sink(bytes);
  };
}

/** The last `count` lines that hold anything. */
export const lastLines = (text: string, count: number): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
