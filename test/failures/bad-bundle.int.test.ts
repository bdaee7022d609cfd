import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../src/bundle/cache.js';
import { type Bundle, openBundle } from '../../src/bundle/file/open-bundle.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, startWorld, type World } from './world.js';

const [arch, other] = process.arch === 'arm64' ? ['arm64', 'amd64'] : ['amd64', 'arm64'];
const present = 'v1.36.3';
const next = 'v1.37.2';
let world: World;
let good: Bundle;
const inFolder = (name: string) => join(world.directory, name);

beforeAll(async () => {
  world = await startWorld(1, 1, { alsoServe: [{ kubernetesVersion: next }] });
  const make = async (out: string, ...words: string[]) =>
    expectEnd(await world.podstrap(['bundle', 'create', '--out', out, ...words]), 0);
  await make('good.tar', '--arch', arch);
  await make('foreign.tar', '--arch', other);
  await make('delta.tar', '--arch', arch, '--kubernetes-version', next, '--base', 'good.tar');
  await rm(inFolder('cache'), { recursive: true });
  good = await openBundle(inFolder('good.tar'));
  for (const name of ['ours', 'theirs']) {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
    openssl('pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`);
  }
});
afterAll(() => world.close());

const openssl = (...words: string[]) =>
  execFileSync('openssl', words, { cwd: world.directory, stdio: 'ignore' });

/** A copy of the good bundle to which something is done. */
async function copyOf(name: string, change: (file: string) => Promise<unknown>): Promise<string> {
  await copyFile(inFolder('good.tar'), inFolder(name));
  await change(inFolder(name));
  return name;
}

const flipped = (name: string, at: number): Promise<string> =>
  copyOf(name, async (file) => {
    const handle = await open(file, 'r+');
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, at);
    byte[0]! ^= 4;
    await handle.write(byte, 0, 1, at);
    await handle.close();
  });

/** As a podstrap of the future might write it: whole in itself. */
const newer = (name: string): Promise<string> =>
  copyOf(name, async (file) => {
    const bytes = await readFile(file);
    const [, sum, index] = good.members;
    const version = '"io.podstrap.bundle.version":"';
    bytes.write('3', bytes.indexOf(version, index!.offset) + version.length);
    bytes.write(sha256Of(bytes.subarray(index!.offset, index!.offset + index!.size)), sum!.offset);
    await writeFile(file, bytes);
  });

/** Names a key in the inventory, and signs the bundle `good.tar` with one. */
async function signed(inventoryKey: string, signingKey: string | undefined): Promise<() => Promise<unknown>> {
  if (signingKey !== undefined)
    expectEnd(await world.podstrap(['bundle', 'sign', '--key', signingKey, 'good.tar']), 0);
  const back = await world.edit((spec) => {
    spec.artifacts.bundle = { publicKeyFile: inventoryKey };
  });
  return () => Promise.all([back(), rm(inFolder('good.tar.sig'), { force: true })]);
}

const memberOf = (name: string) => {
  const binary = good.list.find((one) => one.kind === 'binary' && one.name === name) as { sha256: string };
  return good.blobs.get(binary.sha256)!;
};

interface Bad {
  readonly sentence: string;
  /** Makes it, and returns the file that is given to `up`. */
  readonly bundle: () => string | Promise<string>;
  /** More that is done before; returns what takes it back. */
  readonly arrange?: () => Promise<() => unknown>;
  readonly code?: number;
  readonly says: readonly (string | RegExp)[];
  /** True when `bundle verify` finds it, too, in the same words. */
  readonly verify: boolean;
}

const again = '→ Copy it again from where it was made, then check it with `podstrap bundle verify`';

const bundles: readonly Bad[] = [
  {
    sentence: 'a byte of a program is another one',
    bundle: () => flipped('b1.tar', memberOf('kubelet').offset + 7),
    says: [/damaged: kubelet v1\.36\.3 \w+ \(blobs\/sha256\/[0-9a-f]{64}\)/, again],
    verify: true,
  },
  {
    sentence: 'a byte of the header of a program is another one',
    bundle: () => flipped('b2.tar', memberOf('runc').offset - 500),
    says: [/damaged: the header of blobs\/sha256\/[0-9a-f]{64} at byte \d+/, again],
    verify: true,
  },
  {
    sentence: 'a byte of an image’s manifest is another one',
    bundle: () => {
      const image = good.list.find((one) => one.kind === 'image')!;
      return flipped('b3.tar', good.blobs.get(image.blobs[0]!.sha256)!.offset + 3);
    },
    says: [/damaged: the manifest blobs\/sha256\/[0-9a-f]{64}/, again],
    verify: true,
  },
  {
    sentence: 'a byte of its table of contents is another one',
    bundle: () => flipped('b4.tar', good.members[2]!.offset + 200),
    says: ['damaged: index.json, or its digest in index.json.sha256', again],
    verify: true,
  },
  {
    sentence: 'its table of contents seems to have another size',
    bundle: () => flipped('b5.tar', good.members[2]!.offset - 512 + 128),
    says: ['damaged: the header of index.json', again],
    verify: true,
  },
  {
    sentence: 'a byte of its end is another one',
    bundle: () => flipped('b6.tar', good.size - 100),
    says: ['damaged: the end at byte', again],
    verify: true,
  },
  {
    sentence: 'it is cut off in the middle',
    bundle: () => copyOf('b7.tar', (file) => truncate(file, good.size >> 1)),
    says: [/it is cut off: \d+ of \d+ bytes are there/, again],
    verify: true,
  },
  {
    sentence: 'it is cut off in its table of contents',
    bundle: () => copyOf('b8.tar', (file) => truncate(file, good.members[2]!.offset + 10)),
    says: [/it is cut off after \d+ bytes/, again],
    verify: true,
  },
  {
    sentence: 'it is empty',
    bundle: () => copyOf('b9.tar', (file) => truncate(file, 0)),
    says: ['it is cut off after 0 bytes', again],
    verify: true,
  },
  {
    sentence: 'it is some other file',
    bundle: () => copyOf('b10.tar', (file) => writeFile(file, 'a shopping list')),
    says: ['it is not a bundle of podstrap', '→ Name the file that `podstrap bundle create` wrote'],
    verify: true,
  },
  {
    sentence: 'it is a folder',
    bundle: async () => {
      await mkdir(inFolder('b11'));
      return 'b11';
    },
    says: ['EISDIR', '→ Name the file that `podstrap bundle create` wrote'],
    verify: true,
  },
  {
    sentence: 'there is no such file',
    bundle: () => 'nowhere.tar',
    says: ['ENOENT', '→ Check the path'],
    verify: true,
  },
  {
    sentence: 'a newer podstrap made it',
    bundle: () => newer('b12.tar'),
    says: [
      'it was made by a newer podstrap: its format is 3, this podstrap reads up to 2',
      '→ Use the podstrap that made it',
    ],
    verify: true,
  },
  {
    sentence: 'it is for another architecture',
    bundle: () => 'foreign.tar',
    says: [
      `it holds nothing for ${arch}, only for ${other}`,
      `→ Make it with \`podstrap bundle create --arch ${other},${arch}\``,
    ],
    verify: false,
  },
  {
    sentence: 'it lacks the version that the inventory asks for',
    bundle: () => 'good.tar',
    arrange: () =>
      world.edit((spec) => {
        spec.kubernetesVersion = next;
      }),
    says: [
      `it holds Kubernetes ${present}, not ${next}`,
      `→ Make it with \`podstrap bundle create --kubernetes-version ${present},${next}\``,
    ],
    verify: false,
  },
  {
    sentence: 'it lacks an image that the inventory asks for',
    bundle: () => 'good.tar',
    arrange: () =>
      world.edit((spec) => {
        spec.artifacts.extraImages = ['registry.k8s.io/node-problem-detector:v1.0.0'];
      }),
    says: ['it lacks registry.k8s.io/node-problem-detector:v1.0.0', '→ Create the bundle again'],
    verify: false,
  },
  {
    sentence: 'it is a delta',
    bundle: () => 'delta.tar',
    says: [
      /it is a delta: the rest of it is in the bundle whose digest is sha256:[0-9a-f]{64}/,
      '→ Put the two together: `podstrap bundle merge OLD DELTA --out NEW`',
    ],
    verify: false,
  },
  {
    sentence: 'it is not signed, and the inventory names a key',
    bundle: () => 'good.tar',
    arrange: () => signed('ours.pub', undefined),
    says: ['it is not signed', '→ Carry the signature along with the bundle, as'],
    verify: false,
  },
  {
    sentence: 'another key signed it',
    bundle: () => 'good.tar',
    arrange: () => signed('ours.pub', 'theirs.key'),
    says: [/the signature in \S+ does not match the file and the key \S+ours\.pub/, '→ Do not use it before'],
    verify: false,
  },
  {
    sentence: 'the key of the inventory is none',
    bundle: () => 'good.tar',
    arrange: () => signed('good.tar', undefined),
    code: 64,
    says: ['spec.artifacts.bundle.publicKeyFile: good.tar holds no public key in PEM', '→ correct'],
    verify: false,
  },
  {
    sentence: 'a host has no room for what it would be sent',
    bundle: () => 'good.tar',
    arrange: async () => {
      world.site.faults('w-1').fullDisk(1000);
      return () => world.site.faults('w-1').clear();
    },
    says: [
      'w-1: Checking that there is enough space for what will be sent',
      /has 0\.0 GB free, \d+\.\d GB needed/,
      '→ Free some space',
    ],
    verify: false,
  },
];

describe('a bundle that cannot be used is refused, and every host stays as it was:', () => {
  it.for(bundles)('$sentence', async ({ bundle, arrange, code = 1, says, verify }) => {
    const before = await fingerprint(world.site);
    const file = await bundle();
    const back = await arrange?.();
    try {
      // What a host has room for is asked before it is changed, not before that is planned.
      for (const words of [['plan'], ['up', '--yes']])
        if (words[0] === 'up' || !says.includes('→ Free some space'))
          expectEnd(await world.podstrap([...words, '--bundle', file]), code, ...says);
      if (verify) expectEnd(await world.podstrap(['bundle', 'verify', file]), code, ...says);
    } finally {
      await back?.();
    }
    expect(await fingerprint(world.site)).toEqual(before);
  });

  it('and with the good one, up makes the cluster', async () => {
    expectEnd(await world.podstrap(['up', '--yes', '--bundle', 'good.tar']), 0);
    expectEnd(await world.podstrap(['plan', '--detailed-exitcode', '--bundle', 'good.tar']), 0);
  });
});

describe('on a live cluster', () => {
  it('what has no room is not sent, and nothing changes', async () => {
    const before = await fingerprint(world.site);
    await writeFile(inFolder('large'), Buffer.alloc(4096, 'x'));
    const back = await world.edit((spec) => {
      spec.artifacts.extraFiles = [{ source: 'large', path: '/srv/large' }];
    });
    expectEnd(await world.podstrap(['bundle', 'create', '--arch', arch, '--out', 'more.tar']), 0);
    world.site.faults('cp-1').fullDisk(1000);
    expectEnd(
      await world.podstrap(['up', '--yes', '--bundle', 'more.tar']),
      1,
      'cp-1: Checking that there is enough space',
    );
    world.site.faults('cp-1').clear();
    await back();
    expect(await fingerprint(world.site)).toEqual(before);
  });
});

describe('other commands say it, too:', () => {
  it.for([
    ['show', 'good.tar', 'b7.tar'],
    ['diff', 'good.tar', 'b7.tar'],
    ['merge', 'good.tar', 'b7.tar', '--out', 'merged.tar'],
    ['create', '--base', 'b7.tar', '--out', 'merged.tar'],
    ['sign', '--key', 'ours.key', 'b7.tar'],
  ])('bundle %s', async (words) => {
    const wanted = words[0] === 'show' ? words.toSpliced(1, 1) : words;
    expectEnd(await world.podstrap(['bundle', ...wanted]), 1, 'Reading the bundle', 'it is cut off', again);
  });

  it('merge names what is damaged, and writes nothing', async () => {
    const ended = await world.podstrap(['bundle', 'merge', 'good.tar', 'b1.tar', '--out', 'merged.tar']);
    expectEnd(ended, 0);
    const reverse = await world.podstrap(['bundle', 'merge', 'b1.tar', 'delta.tar', '--out', 'broken.tar']);
    expectEnd(reverse, 1, 'Reading the bundle', 'b1.tar', /damaged: kubelet v1\.36\.3/, again);
    await expect(readFile(inFolder('broken.tar'))).rejects.toThrow('ENOENT');
  });
});
