import { expect, test } from 'vitest';
import { progressLine } from '../../src/cli/view/progress.js';

/** A terminal so wide, and what was drawn on it, line by line over one another. */
function terminal(columns: number) {
  const drawn: string[] = [];
  const stream = {
    isTTY: true,
    columns,
    write: (text: string) => drawn.push(text.replace('\r\u001b[K', '')),
  };
  let time = 0;
  return {
    drawn,
    progress: progressLine(stream, () => time),
    pass: (milliseconds: number) => (time += milliseconds),
  };
}

const image = 'Fetch registry.k8s.io/kube-controller-manager:v1.36.3 amd64';

test('a bar, the part and the speed, where there is room', () => {
  const { drawn, progress, pass } = terminal(120);
  progress.tell('Verify', 0, 3e9);
  pass(1000);
  progress.tell('Verify', 1.5e9, 3e9);
  progress.end();
  expect(drawn).toEqual([
    `Verify  ${'░'.repeat(30)} 0 % of 3.00 GB`,
    `Verify  ${'█'.repeat(15)}${'░'.repeat(15)} 50 % of 3.00 GB, 1.50 GB/s`,
    '',
  ]);
});

test.each([40, 60, 80, 100])('never more than a terminal of %d columns holds in one line', (columns) => {
  const { drawn, progress, pass } = terminal(columns);
  for (const done of [0, 12_345_678, 20_000_000, 50_000_000]) {
    progress.tell(image, done, 50_000_000);
    progress.tell(image, done, undefined);
    pass(500);
  }
  for (const line of drawn) expect(line.length).toBeLessThan(columns);
  expect(drawn.some((line) => line.includes('░'))).toBe(columns === 100);
});

test('nothing is drawn where there is no terminal', () => {
  const written: string[] = [];
  const progress = progressLine({ write: (text) => written.push(text) });
  progress.tell('Verify', 1, 2);
  progress.end();
  expect(written).toEqual([]);
});
