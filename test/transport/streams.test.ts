import { describe, expect, test } from 'vitest';
import { afterMarker } from '../../src/transport/after-marker.js';
import { sized } from '../../src/transport/feed.js';
import { atMost, head, lastLines, lines, tail } from '../../src/transport/output.js';
import { chunks } from './contract.js';

const bytes = (text: string): Buffer[] => [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

describe('what comes before the marker', () => {
  const cut = (parts: readonly Buffer[]) => {
    let after = '';
    const marked = afterMarker('mark', (part) => {
      after += part.toString();
    });
    parts.forEach(marked.take);
    return { passed: marked.passed(), before: marked.before(), after };
  };
  const wanted = { passed: true, before: 'noise\n', after: 'out\nmark\n' };
  test('is kept apart, however the bytes are cut', () => {
    expect(cut(bytes('noise\nmark\nout\nmark\n'))).toEqual(wanted);
    expect(cut([Buffer.from('noise\nmark\nout\nmark\n')])).toEqual(wanted);
  });
  test('is all there is when the marker never comes', () => {
    expect(cut(bytes('noise mark'))).toEqual({ passed: false, before: 'noise mark', after: '' });
  });
  test('may lack a newline of its own', () => {
    expect(cut(bytes('prompt:mark\nx'))).toEqual({ passed: true, before: 'prompt:', after: 'x' });
  });
  test('is told as it grows', () => {
    const told: string[] = [];
    const marked = afterMarker('mark', () => undefined, { onBefore: (text) => told.push(text) });
    bytes('ab').forEach(marked.take);
    expect(told).toEqual(['a', 'ab']);
  });
});

test('somebody who says too much before the marker is told of once the limit is passed', () => {
  let more = 0;
  const marked = afterMarker('mark', () => undefined, { onMore: () => more++ });
  marked.take(Buffer.alloc(256 * 1024));
  expect(more).toBe(0);
  marked.take(Buffer.alloc(1));
  expect([more, marked.before().length]).toEqual([1, 64 * 1024]);
});

test('of bytes without end only so many are passed on', () => {
  const passed: number[] = [];
  let more = 0;
  const sink = atMost(
    10,
    (part) => passed.push(part.length),
    () => more++,
  );
  for (const size of [4, 6, 1, 100]) sink(Buffer.alloc(size));
  expect({ passed, more }).toEqual({ passed: [4, 6], more: 1 });
});

test('the head is the first bytes, the tail the last', () => {
  const [first, last] = [head(4), tail(4)];
  for (const part of bytes('0123456789')) {
    first.take(part);
    last.take(part);
  }
  expect([first.text(), last.text()]).toEqual(['0123', '6789']);
  const short = tail(4);
  short.take(Buffer.from('ab'));
  expect(short.text()).toBe('ab');
});

test('lines are whole, in letters of several bytes too', () => {
  const told: string[] = [];
  const reader = lines((line) => told.push(line));
  bytes('é漢\n\nlast 🚀').forEach(reader.take);
  expect(told).toEqual(['é漢', '']);
  reader.end();
  expect(told).toEqual(['é漢', '', 'last 🚀']);
});

test('the last lines are those that say something', () => {
  expect(lastLines('a\nb\n\n  \nc\n\n', 2)).toBe('b\nc');
});

test('small chunks are gathered and large ones cut', async () => {
  const sizes = async (...given: number[]) => {
    const found: number[] = [];
    for await (const chunk of sized(chunks(...given.map((size) => 'x'.repeat(size)))))
      found.push(chunk.length);
    return found;
  };
  expect(await sizes(...Array(100).fill(512))).toEqual([32_768, 18_432]);
  expect(await sizes(512, 2_500_000, 100)).toEqual([1_048_576, 1_048_576, 403_360, 100]);
  expect(await sizes()).toEqual([]);
});
