import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { expect } from 'vitest';
import { release } from '../../src/kubernetes/versions.js';
import type { Ended } from '../lab/command.js';
import { randomFrom } from '../lab/random.js';

/** What a cluster has from its first day. */
export const settings = [
  'virtual address',
  'workers',
  'both families',
  'own authorities without keys',
  'bundle',
  'sudo with a password',
  'host names with dots',
  'own static pods',
] as const;
export type Setting = (typeof settings)[number];

/** What happens to it later. */
export const changes = [
  'flag',
  'growth',
  'roles',
  'ports',
  'networks',
  'upgrade',
  'loss of a host',
  'reset',
] as const;
export type Change = (typeof changes)[number];

// biome-ignore lint/suspicious/noExplicitAny: a document as a user would edit it
type Document = any;

/** Hosts, and somebody who runs podstrap. */
export interface Ground {
  /** Entries of the inventory, without roles: five of them, of which not all are used at first. */
  readonly hosts: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
  readonly version: string;
  readonly upgradesTo: string;
  /** Where the inventory is. */
  readonly directory: string;
  /** A free address on the network of the hosts. */
  readonly address: string;
  write(hosts: readonly Document[], spec: Document): Promise<void>;
  podstrap(...args: readonly string[]): Promise<Ended>;
  /** Signs every request that podstrap has written, with the authorities whose keys it does not have. */
  sign(): Promise<void>;
  /** The block `certificateAuthorities` of authorities without keys. */
  authorities(): Promise<Document>;
  powerCut(host: string): Promise<void>;
  powerOn(host: string): Promise<void>;
  isEmpty(host: string): Promise<boolean>;
}

/** Deals settings to clusters so that each is there at least once, and some meet by chance. The seed alone decides. */
export function deal(seed: number, clusters: number, known: readonly Setting[] = settings): Setting[][] {
  const random = randomFrom(seed);
  const dealt: Setting[][] = Array.from({ length: clusters }, () => []);
  for (const [index, setting] of shuffled(known, random).entries()) dealt[index % clusters]!.push(setting);
  for (const hand of dealt)
    for (const setting of known) if (!hand.includes(setting) && random() < 0.3) hand.push(setting);
  return dealt;
}

/** An order of changes: who is to be lost has to be there first, and a reset is the end. */
export function orderOf(seed: number, wanted: readonly Change[] = changes): Change[] {
  const order = shuffled(wanted, randomFrom(seed + 1));
  const rank = (change: Change) => (change === 'reset' ? 2 : change === 'loss of a host' ? 1 : 0);
  return order.sort((a, b) => rank(a) - rank(b));
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => [random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** One cluster with its settings, to which changes happen. After each all is well, and nothing is left to do. */
export class Crossing {
  readonly #ground: Ground;
  readonly #has: ReadonlySet<Setting>;
  #planes: string[] = [];
  #workers: string[] = [];
  #spec: Document = {};
  #port = 6443;
  #bundle: readonly string[] = [];

  constructor(ground: Ground, hand: readonly Setting[]) {
    this.#ground = ground;
    this.#has = new Set(hand);
  }

  #named(index: number): string {
    return this.#ground.hosts[index]!.name;
  }

  async begin(): Promise<void> {
    const { version, address } = this.#ground;
    this.#planes = [this.#named(0)];
    this.#workers = this.#has.has('workers') ? [this.#named(3)] : [];
    const networking = this.#has.has('both families')
      ? {
          podSubnet: '10.244.0.0/16,fd00:10:244::/56',
          serviceSubnet: '10.96.0.0/12,fd00:10:96::/112',
        }
      : { podSubnet: '10.244.0.0/16' };
    this.#spec = { kubernetesVersion: version, networking: { ...networking, plugin: 'routes' } };
    if (this.#has.has('virtual address')) this.#spec.virtualAddress = { address };
    if (this.#has.has('own authorities without keys'))
      this.#spec.certificateAuthorities = await this.#ground.authorities();
    if (this.#has.has('own static pods')) await this.#addOwnPod();
    await this.#write();
    if (this.#has.has('bundle')) {
      const versions = `${version},${this.#ground.upgradesTo}`;
      await this.#well('bundle', 'create', '--kubernetes-version', versions, '--out', 'crossing.tar');
      this.#bundle = ['--bundle', 'crossing.tar'];
    }
    await this.#converge();
  }

  /** On every host, with a file that is another one on each, and a value that changes later. */
  async #addOwnPod(): Promise<void> {
    const { directory, version } = this.#ground;
    const container = {
      name: 'own',
      image: `registry.k8s.io/pause:${release(version).tags.pause}`,
      command: ['/pause'],
      env: [{ name: 'ROUND', value: '{{values.round}}' }],
      resources: { requests: { cpu: '10m', memory: '8Mi' } },
    };
    const spec = { hostNetwork: true, containers: [container] };
    await writeFile(join(directory, 'own.yaml'), dump({ apiVersion: 'v1', kind: 'Pod', spec }));
    await writeFile(join(directory, 'own.conf'), 'host {{host.name}}\n');
    const files = [{ source: 'own.conf', path: '/etc/own/own.conf', template: true }];
    this.#spec.staticPods = [{ name: 'own', manifest: 'own.yaml', files }];
    this.#spec.values = { round: 'first' };
  }

  /** The pod of one's own runs on every host, as its manifest there says. */
  async #runsOwnPod(): Promise<void> {
    const { stdout } = await this.#well('pods', '-o', 'json');
    const { pods } = JSON.parse(stdout) as {
      pods: readonly { readonly host: string; readonly pod: string; readonly state: string }[];
    };
    const own = pods.filter(({ pod }) => pod === 'own').map(({ host, state }) => `${host} ${state}`);
    const hosts = [...this.#planes, ...this.#workers];
    expect(own.sort()).toEqual(hosts.map((host) => `${host} runs`).sort());
  }

  /** @throws when a cluster does not take the change as it should */
  async meet(change: Change): Promise<void> {
    await this.#doings[change]();
  }

  readonly #doings: Readonly<Record<Change, () => Promise<void>>> = {
    flag: async () => {
      this.#spec.scheduler = { extraArgs: [{ name: 'v', value: '3' }] };
      if (this.#has.has('own static pods')) this.#spec.values = { round: 'second' };
      await this.#converge();
    },
    growth: async () => {
      this.#planes = [0, 1, 2].map((index) => this.#named(index));
      await this.#converge();
    },
    roles: async () => {
      const host = this.#named(4);
      const without = [this.#planes, this.#workers] as const;
      this.#workers = [...without[1], host];
      await this.#converge();
      [this.#planes, this.#workers] = [[...without[0], host], without[1]];
      await this.#converge();
      await this.#well('reset', host, '--yes', ...this.#bundle);
      [this.#planes, this.#workers] = [without[0], [...without[1], host]];
      await this.#converge();
      this.#workers = without[1];
      await this.#converge();
      expect(await this.#ground.isEmpty(host)).toBe(true);
    },
    ports: async () => {
      this.#port = 7443;
      this.#spec.apiServer = { bindPort: this.#port };
      await this.#converge();
    },
    networks: async () => {
      const { podSubnet } = this.#spec.networking;
      this.#spec.networking.podSubnet = podSubnet.replace('10.244.0.0/16', '10.240.0.0/12');
      await this.#converge();
      if (this.#has.has('both families')) return;
      const grown = this.#spec.networking.podSubnet;
      this.#spec.networking.podSubnet = `${grown},fd00:10:244::/56`;
      await this.#write();
      const refused = await this.#ground.podstrap('up', '--yes', ...this.#bundle);
      expect(refused.code).toBe(1);
      expect(`${refused.stdout}${refused.stderr}`).toContain('spec.networking.podSubnet was');
      this.#spec.networking.podSubnet = grown;
      await this.#converge();
    },
    upgrade: async () => {
      this.#spec.kubernetesVersion = this.#ground.upgradesTo;
      await this.#converge();
    },
    'loss of a host': async () => {
      // Without a majority nobody can be taken out: a lone control plane loses a worker, if it has one.
      const lost = this.#planes.length > 2 ? this.#planes.at(-1)! : this.#workers.at(-1);
      if (lost === undefined) return;
      await this.#ground.powerCut(lost);
      const back = [this.#planes, this.#workers] as const;
      this.#planes = this.#planes.filter((name) => name !== lost);
      this.#workers = this.#workers.filter((name) => name !== lost);
      await this.#converge();
      await this.#ground.powerOn(lost);
      [this.#planes, this.#workers] = back;
      await this.#converge();
    },
    reset: async () => {
      await this.#well('reset', '--all', '--yes', ...this.#bundle);
      for (const name of [...this.#planes, ...this.#workers])
        expect(await this.#ground.isEmpty(name), name).toBe(true);
    },
  };

  #write(): Promise<void> {
    const entries = [
      ...this.#planes.map((name) => ({ name, roles: ['control-plane'] })),
      ...this.#workers.map((name) => ({ name, roles: ['worker'] })),
    ];
    const hosts = entries.map(({ name, roles }) => ({
      ...this.#ground.hosts.find((host) => host.name === name)!,
      roles,
    }));
    return this.#ground.write(hosts, this.#spec);
  }

  async #converge(): Promise<void> {
    await this.#write();
    await this.#up();
    await this.#well('plan', '--detailed-exitcode', ...this.#bundle);
    await this.#well('status', ...this.#bundle);
    if (this.#has.has('own static pods')) await this.#runsOwnPod();
    const { stdout } = await this.#well('kubeconfig', '--stdout');
    expect(stdout).toMatch(new RegExp(`server: "?https://[^\\s"]*:${this.#port}\\b`));
  }

  async #up(): Promise<void> {
    const words = ['up', '--yes', ...this.#bundle] as const;
    if (this.#has.has('own authorities without keys')) {
      const asked = await this.#ground.podstrap(...words);
      if (asked.code === 0) return;
      await this.#ground.sign();
    }
    await this.#well(...words);
  }

  async #well(...words: readonly string[]): Promise<Ended> {
    const ended = await this.#ground.podstrap(...words);
    expect(ended.code, `podstrap ${words.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(0);
    return ended;
  }
}
