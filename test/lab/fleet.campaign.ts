import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { release } from '../../src/kubernetes/versions.js';
import { cutOff, type Seat, takeSeat } from './air-gap.js';
import { type Asked, startAsking } from './asking.js';
import { runCommand } from './command.js';
import { fleetInventory } from './fleet-inventory.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { upKilledAfter, upWithPowerCut } from './interrupted.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { randomFrom } from './random.js';

const count = Number(process.env.LAB_FLEET ?? 10);
const kills = Number(process.env.LAB_ROLL_OUT_KILLS ?? 6);
const cuts = Number(process.env.LAB_ROLL_OUT_CUTS ?? 3);
const seed = Number(process.env.LAB_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A web server that answers with its version, and with the address of nobody else. */
const configuration = `global
  log stdout format raw local0
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend web
  bind :::8080 v4v6
  http-request return status {{values.status}} content-type text/plain string {{values.version}}
`;
const podOf = (kubernetesVersion: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: {
    hostNetwork: true,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'web',
        image: `docker.io/library/haproxy:${release(kubernetesVersion).haproxy}`,
        command: ['haproxy', '-W', '-db', '-f', '/etc/web/web.cfg'],
        ports: [{ containerPort: 8080 }],
        readinessProbe: { periodSeconds: 1, httpGet: { port: 8080, path: '/' } },
      },
    ],
  },
});

/** What every host serves. */
interface Version {
  readonly version: string;
  readonly status: number;
}

async function write(
  lab: Lab,
  operator: Operator,
  hosts: readonly LabHost[],
  values: Version,
  more: { readonly ssh?: object; readonly artifacts?: Readonly<Record<string, unknown>> } = {},
): Promise<void> {
  await writeFile(join(operator.directory, 'web.yaml'), dump(podOf(lab.settings.kubernetesVersion)));
  await writeFile(join(operator.directory, 'web.cfg'), configuration);
  const [canary] = hosts;
  await writeFile(
    join(operator.directory, 'cluster.yaml'),
    fleetInventory({
      hosts,
      identityFile: lab.identityFile,
      kubernetesVersion: lab.settings.kubernetesVersion,
      ...(more.artifacts === undefined ? {} : { artifacts: more.artifacts }),
      ...(more.ssh === undefined ? {} : { ssh: more.ssh as Readonly<Record<string, unknown>> }),
      spec: {
        values,
        networking: { plugin: 'host' },
        staticPods: [
          {
            name: 'web',
            manifest: 'web.yaml',
            files: [{ source: 'web.cfg', path: '/etc/web/web.cfg', template: true }],
          },
        ],
        rollout: {
          minHealthyTime: '2s',
          healthyDeadline: '60s',
          stages: [
            { name: 'canary', hosts: { names: [canary!.name] } },
            { name: 'rest', maxParallel: '34%' },
          ],
        },
      },
    }),
  );
}

describe(`${count} hosts without an API server (LAB_SEED=${seed})`, () => {
  const hosts = namedHosts('till', count, 141);
  const names = hosts.map(({ name }) => name);
  const random = randomFrom(seed);
  const points = (many: number) => Array.from({ length: many }, (_, index) => (index + random()) / many);
  let lab: Lab;
  let operator: Operator;
  let seconds = 0;
  let last = 1;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const serve = (version: string, status = 200) =>
    write(lab, operator, hosts, { version, status }, { artifacts: inject('artifacts') });
  const next = () => serve(`v${++last}`);
  const served = (host: string) =>
    lab
      .within(host, '/proc/1/ns/net', ['curl', '-s', '-m', '5', 'http://127.0.0.1:8080/'])
      .then(({ stdout }) => stdout);
  const allServe = async (version: string) => {
    for (const name of names) expect([name, await served(name)]).toEqual([name, version]);
  };
  const converge = async () => {
    await must(operator.up());
    await nothingToDo(operator);
    await allServe(`v${last}`);
  };
  /** A client at each host that asks all the while. */
  async function askedDuring(work: () => Promise<void>): Promise<ReadonlyMap<string, Asked>> {
    const ends = await Promise.all(
      names.map(async (name) => {
        const question = { url: 'http://127.0.0.1:8080/', lane: 0 } as const;
        return [name, await startAsking(lab, name, '/proc/1/ns/net', question)] as const;
      }),
    );
    let asked: readonly (readonly [string, Asked])[] = [];
    try {
      await work();
    } finally {
      asked = await Promise.all(ends.map(async ([name, end]) => [name, await end()] as const));
    }
    for (const [name, { answered, failed, longestGap, by }] of asked)
      console.log(
        `${name}: ${answered} answers of ${by.join(', ')}, ${failed.length} failed, ${longestGap.toFixed(1)} s without one at the most`,
      );
    return new Map(asked);
  }

  it('come up with one command', async () => {
    await serve('v1');
    await converge();
  });

  it('a version that is not ready goes back from the canary, and nobody else misses a request', async () => {
    await serve('bad', 503);
    const asked = await askedDuring(async () => {
      const ended = await operator.up();
      expect(ended.code, ended.stderr).toBe(1);
      expect(ended.stderr).toContain(`${names[0]}: put back as it was before, and healthy`);
    });
    for (const name of names.slice(1)) {
      expect([name, asked.get(name)!.failed]).toEqual([name, []]);
      expect(asked.get(name)!.by).toEqual(['v1']);
    }
    await serve('v1');
    await nothingToDo(operator);
    await allServe('v1');
  });

  it('a version that is ready reaches all; each host is without an answer only while it is switched', async () => {
    await next();
    const start = performance.now();
    const asked = await askedDuring(async () => {
      await must(operator.up());
      seconds = (performance.now() - start) / 1000;
    });
    console.log(`one version on ${count} hosts: ${seconds.toFixed(1)} s`);
    for (const name of names) expect(asked.get(name)!.by).toEqual(['v1', 'v2']);
    await nothingToDo(operator);
  });

  it.for(points(kills))('is finished after the operator was killed at %f of its time', async (at) => {
    await next();
    console.log(`killed; its last words: ${await upKilledAfter(operator, at * seconds)}`);
    await converge();
  });

  const cutAt = points(cuts).map((at) => [at, names[Math.floor(random() * count)]!] as const);
  it.for(cutAt)('is finished after a power cut at %f of its time on %s', async ([at, name]) => {
    await next();
    console.log(`power cut; the last words: ${await upWithPowerCut(lab, operator, name, at * seconds)}`);
    await lab.start(name);
    // A host that was lost in its change goes back first, and this very roll-out has failed.
    const again = await operator.up();
    if (again.code !== 0) await next();
    await converge();
  });

  it('is finished after a disk was full on one of them', async () => {
    const [, second] = names;
    await next();
    await lab.fill(second!, '/var/lib/podstrap');
    const ended = await operator.up();
    expect(ended.code).not.toBe(0);
    await lab.free(second!, '/var/lib/podstrap');
    await operator.up();
    await next();
    await converge();
  });
});

describe('two hosts offline, for a user with sudo and a password', () => {
  const hosts = namedHosts('kiosk', 2, 161);
  let lab: Lab;
  let operator: Operator;
  let seat: Seat;
  let watched: readonly { attempts(): Promise<number> }[] = [];
  const bundled = ['--bundle', 'fleet.tar'];
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
  });
  afterAll(async () => {
    await seat?.leave();
    await operator?.leave();
    await lab?.down();
  });
  /** podstrap asks for a password on a terminal alone. What it says comes as one stream then. */
  const onTerminal = async (...words: readonly string[]) => {
    const line = [process.execPath, join(import.meta.dirname, '../../dist/cli/bin.js'), ...words].join(' ');
    return runCommand(seat.within[0]!, [...seat.within.slice(1), 'script', '-qec', line, '/dev/null'], {
      directory: operator.directory,
      environment: { HOME: operator.directory, SSH_AUTH_SOCK: undefined, NO_COLOR: '1' },
      input: 'lab password\n',
    });
  };

  it('come up from a bundle, change, and ask nobody else for anything', async () => {
    const ssh = { user: 'ops', become: 'sudo' };
    await write(
      lab,
      operator,
      hosts,
      { version: 'v1', status: 200 },
      { ssh, artifacts: inject('artifacts') },
    );
    await must(operator.podstrap(['bundle', 'create', '--arch', 'amd64', '--out', 'fleet.tar']));
    seat = await takeSeat(lab);
    watched = await Promise.all(hosts.map((host) => cutOff(lab, host)));
    for (const version of ['v1', 'v2']) {
      await write(lab, operator, hosts, { version, status: 200 }, { ssh });
      const ended = await onTerminal('up', '--yes', '--accept-new-host-keys', ...bundled);
      expect(ended.code, ended.stdout).toBe(0);
      const plan = await onTerminal('plan', '--detailed-exitcode', ...bundled);
      expect(plan.code, plan.stdout).toBe(0);
      for (const { name } of hosts) {
        const command = ['curl', '-s', 'http://127.0.0.1:8080/'];
        expect((await lab.within(name, '/proc/1/ns/net', command)).stdout).toBe(version);
      }
    }
    expect(await Promise.all(watched.map((one) => one.attempts()))).toEqual([0, 0]);
  });
});

/** The address of IPv6 that goes with one of IPv4 in the lab. */
const sixth = (ip: string): string => `fd00:${ip.split('.').slice(0, 3).join(':')}::${ip.split('.')[3]}`;

describe('hosts that are reached by IPv6', () => {
  const hosts = namedHosts('six', 2, 171).map((host) => ({ ...host, ipv6: sixth(host.ip) }));
  const reached = hosts.map(({ ipv6, ...host }) => ({ ...host, ip: ipv6 }));
  let lab: Lab;
  let operator: Operator;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });

  it('come up and change', async () => {
    for (const version of ['v1', 'v2']) {
      await write(lab, operator, reached, { version, status: 200 }, { artifacts: inject('artifacts') });
      await must(operator.up());
      await nothingToDo(operator);
      for (const { name } of hosts) {
        const command = ['curl', '-s', 'http://[::1]:8080/'];
        expect((await lab.within(name, '/proc/1/ns/net', command)).stdout).toBe(version);
      }
    }
  });
});
