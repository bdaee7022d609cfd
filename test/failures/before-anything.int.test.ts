import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(3);
});
afterAll(() => world.close());

interface Mishap {
  readonly sentence: string;
  /** Makes it go wrong; returns what mends it. */
  readonly arrange: () => Promise<() => unknown>;
  readonly code: number;
  /** What it did, where, what the machine said, what to type next. */
  readonly says: readonly (string | RegExp)[];
}

/** What an operator's cache has already is asked of nobody. */
const emptyCache = () => rm(join(world.directory, 'cache'), { recursive: true, force: true });
const newKey = () => ssh2.utils.generateKeyPairSync('ed25519');

const mishaps: readonly Mishap[] = [
  {
    sentence: 'one of three hosts is down',
    arrange: async () => {
      await world.site.powerCut('cp-3');
      return () => world.site.powerOn('cp-3');
    },
    code: 75,
    says: ['cp-3', /refused|reset|closed/i, '→'],
  },
  {
    sentence: 'the user has another name there',
    arrange: () =>
      world.edit((spec) => {
        spec.ssh.user = 'mallory';
      }),
    code: 1,
    says: [
      'cp-1, cp-2, cp-3: logging in to 127.0.0.1:',
      'as mallory',
      'refused; offered',
      '→ see that `ssh -p',
    ],
  },
  {
    sentence: 'the key is not one that the hosts know',
    arrange: async () => {
      const file = join(world.directory, 'other-key');
      await writeFile(file, newKey().private, { mode: 0o600 });
      return world.edit((spec) => {
        spec.ssh.identityFile = file;
      });
    },
    code: 1,
    says: ['as root', 'refused; offered', 'other-key', 'ssh.identityFile'],
  },
  {
    sentence: 'nobody knows the host keys',
    arrange: () =>
      world.edit((spec) => {
        for (const host of spec.hosts) delete host.hostKey;
      }),
    code: 1,
    says: ['checking the host key of', 'its key is not known: ssh-ed25519 SHA256:', '--accept-new-host-keys'],
  },
  {
    sentence: 'a host has another key than it had',
    arrange: async () => {
      const knownHosts = join(world.state, 'known_hosts');
      await mkdir(world.state, { recursive: true, mode: 0o700 });
      const other = newKey().public.split(' ').slice(0, 2).join(' ');
      await appendFile(knownHosts, `[127.0.0.1]:${world.site.host('cp-2').port} ${other}\n`);
      const back = await world.edit((spec) => {
        delete spec.hosts[1].hostKey;
      });
      return () => Promise.all([back(), rm(knownHosts)]);
    },
    code: 1,
    says: ['cp-2: checking the host key', 'but it is known by ssh-ed25519', "ssh-keygen -R '[127.0.0.1]:"],
  },
  {
    sentence: 'the pinned host key is another one',
    arrange: () =>
      world.edit((spec) => {
        spec.hosts[0].hostKey = newKey().public.trim();
      }),
    code: 1,
    says: [
      'cp-1: checking the host key',
      "but the inventory's hostKey is SHA256:",
      '→ if the host was reinstalled',
    ],
  },
  {
    sentence: 'somebody else listens on port 6443',
    arrange: async () => world.site.faults('cp-2').occupyPort(6443, 'nginx'),
    code: 1,
    says: [
      'cp-2: Checking that the ports of a control plane',
      'port 6443 is in use by nginx',
      '→ Stop what listens there',
    ],
  },
  {
    sentence: 'the disk is full',
    arrange: async () => {
      world.site.faults('cp-1').fullDisk(1000);
      return () => world.site.faults('cp-1').clear();
    },
    code: 1,
    says: [
      'cp-1: Checking that there is enough space',
      /has 0\.0 GB free, \d+\.\d GB needed/,
      '→ Free some space',
    ],
  },
  {
    sentence: 'the mirror lacks an image',
    arrange: async () => {
      await emptyCache();
      world.upstream.faults.push({ kind: 'status', status: 404, path: /kube-scheduler\/manifests/ });
      return () => world.upstream.faults.splice(0);
    },
    code: 1,
    says: ['kube-scheduler', '404', '→'],
  },
  {
    sentence: 'a binary is not what its checksum says',
    arrange: async () => {
      await emptyCache();
      world.upstream.faults.push({ kind: 'flip', offset: 10, path: /\/kubelet$/ });
      return () => world.upstream.faults.splice(0);
    },
    code: 1,
    says: ['kubelet', /sha256/i, '→'],
  },
  {
    sentence: 'a file of the keystore is damaged',
    arrange: async () => {
      const file = join(world.state, 'pki', 'ca.crt');
      const before = await readFile(file);
      await writeFile(file, before.subarray(0, 100));
      return () => writeFile(file, before);
    },
    code: 1,
    says: ['ca.crt', '→'],
  },
];

describe('what is seen before the first change leaves every host as it was:', () => {
  it.for(mishaps)('$sentence', async ({ arrange, code, says }) => {
    const before = await fingerprint(world.site);
    const mend = await arrange();
    try {
      expectEnd(await world.up(), code, ...says);
    } finally {
      await mend();
    }
    expect(await fingerprint(world.site)).toEqual(before);
  });

  it('and when all is mended, up makes the cluster', () => world.converge());
});
