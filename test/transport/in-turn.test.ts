import { expect, test } from 'vitest';
import { lanes } from '../../src/lanes.js';
import { inTurn } from '../../src/transport/in-turn.js';
import type { ExecResult, Transport } from '../../src/transport/transport.js';

/** A host on which every script runs until `end` is called. */
function hostsThatRun(count: number, atOnce: number) {
  const ends: (() => void)[] = [];
  const exec = () =>
    new Promise<ExecResult>((resolve) => ends.push(() => resolve({ code: 0, stdout: '', stderr: '' })));
  const turn = lanes(atOnce);
  const hosts = Array.from({ length: count }, (_, index) =>
    inTurn({ host: `shop-${index}`, exec } as Partial<Transport> as Transport, turn),
  );
  return { hosts, ends };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('of brief scripts only so many run at once, on all hosts together, and every one has its turn', async () => {
  const { hosts, ends } = hostsThatRun(10, 4);
  const all = Promise.all(hosts.map((host) => host.exec({ script: 'true', timeoutMs: 30_000 })));
  await settled();
  expect(ends).toHaveLength(4);
  for (let next = 0; next < 10; next++) {
    ends[next]!();
    await settled();
    expect(ends).toHaveLength(Math.min(10, next + 5));
  }
  expect(await all).toHaveLength(10);
});

test('what may take long keeps nobody waiting, and waits for nobody', async () => {
  const { hosts, ends } = hostsThatRun(10, 1);
  for (const host of hosts) void host.exec({ script: 'true' });
  for (const host of hosts) void host.exec({ script: 'true', timeoutMs: 600_000 });
  await settled();
  expect(ends).toHaveLength(20);
  void hosts[0]!.exec({ script: 'true', timeoutMs: 30_000 });
  await settled();
  expect(ends).toHaveLength(21);
});
