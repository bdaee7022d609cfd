import { spawn } from 'node:child_process';
import { createPrivateKey, randomInt, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openKeystore } from '../../src/pki/store/keystore.js';
import { cluster, controlPlane, now, scratch, worker } from './cluster.js';
import { compile } from './compiled.js';

const inventory = cluster({ hosts: [controlPlane(1), worker(1)] });
const home = scratch();

/** Opens a keystore in a process of its own. @returns what it printed; undefined when it was killed before write operation `kill` */
async function openElsewhere(directory: string, kill?: number) {
  const script = join(import.meta.dirname, 'open-in-process.mjs');
  const child = spawn(
    process.execPath,
    [script, join(home, 'dist'), directory, JSON.stringify({ inventory, now })],
    {
      env: { ...process.env, ...(kill === undefined ? {} : { KILL_BEFORE: String(kill) }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  const signal = await new Promise((resolve) => child.on('close', (_code, reason) => resolve(reason)));
  return signal === 'SIGKILL'
    ? undefined
    : (JSON.parse(out) as { operations: number; made: string[]; clusterId: string; ca: string });
}

const textIfThere = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** Files that stay for ever once they are there. */
const roots = ['cluster-id', 'plan.key', 'sa.key', 'ca.key', 'ca.crt', 'etcd/ca.key', 'etcd/ca.crt'];

beforeAll(() => compile(home));

describe('a process that is killed while it makes a keystore', () => {
  it('leaves one that the next opening completes, at whatever point', async () => {
    const whole = await openElsewhere(join(home, 'whole'));
    const seed = randomInt(1_000);
    console.info(
      `killed before every 12th of ${whole!.operations} operations, from number ${1 + (seed % 12)}`,
    );
    for (let kill = 1 + (seed % 12); kill <= whole!.operations; kill += 12) {
      const directory = join(home, `killed-${kill}`);
      const pki = join(directory, 'pki');
      const ended = await openElsewhere(directory, kill);
      // Writers side by side share the making of their directories: which of them made how many differs from run to run,
      // and with it the number of operations. Only a run that had fewer may have come to its end.
      expect(ended?.operations ?? 0).toBeLessThan(kill);
      const before = roots.map((name) => textIfThere(join(pki, name)));

      const { keys } = await openKeystore({ directory, inventory, now });
      for (const { certificate, key } of Object.values(keys.hosts).flatMap((pairs) => Object.values(pairs)))
        expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key.reveal()))).toBe(true);
      for (const [index, text] of before.entries())
        if (text !== undefined) expect(readFileSync(join(pki, roots[index]!), 'utf8')).toBe(text);
      expect((await openKeystore({ directory, inventory, now })).made).toEqual([]);
      const left = (readdirSync(directory, { recursive: true }) as string[]).filter(
        // A lock of a dead process may stay: a keystore that is whole is opened without one, and any lock of the dead is taken over.
        (name) => !/(\.lock|\.pem|\.crt|\.key|cluster-id|\/(hosts|operator|etcd|cp-1|w-1)|pki)$/.test(name),
      );
      expect(left).toEqual([]);
    }
  });

  it('again and again, at ever later points, is never stuck', async () => {
    const directory = join(home, 'stubborn');
    mkdirSync(directory);
    for (let kill = 5; ; kill += 25) {
      const opened = await openElsewhere(directory, kill);
      if (opened === undefined) continue;
      expect((await openKeystore({ directory, inventory, now })).made).toEqual([]);
      break;
    }
  });
});

describe('processes that open a keystore at the same time', () => {
  it('agree on what is in it', async () => {
    const directory = join(home, 'shared');
    const opened = await Promise.all([1, 2, 3, 4].map(() => openElsewhere(directory)));
    expect(new Set(opened.map((one) => one!.ca)).size).toBe(1);
    expect(new Set(opened.map((one) => one!.clusterId)).size).toBe(1);
    expect(opened.filter((one) => one!.made.includes('ca'))).toHaveLength(1);
  });

  it('agree, too, when one of them was killed and left its lock', async () => {
    const directory = join(home, 'left');
    await openElsewhere(directory, 40);
    expect(readdirSync(join(directory, 'pki'))).toContain('.lock');
    const opened = await Promise.all([1, 2, 3].map(() => openElsewhere(directory)));
    expect(new Set(opened.map((one) => one!.ca)).size).toBe(1);
    expect(opened.filter((one) => one!.made.length > 0)).toHaveLength(1);
  });
});
