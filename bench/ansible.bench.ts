import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, test } from 'vitest';
import { release } from '../src/kubernetes/versions.js';
import {
  directoryContent,
  inventoryMirrors,
  startUpstream,
  type Upstream,
} from '../src/practice/upstream/upstream.js';
import { output } from '../test/lab/command.js';
import { fleetInventory } from '../test/lab/fleet-inventory.js';
import { type Lab, type LabHost, startLab } from '../test/lab/hosts.js';
import { newOperator, type Operator } from '../test/lab/operator.js';
import { settingsFrom } from '../test/lab/settings.js';
import { upArguments } from './lab-ground.js';
import { measurePodstrap } from './measure-podstrap.js';
import { stopwatch } from './stopwatch.js';
import { writeResults } from './write-results.js';

const count = Number(process.env.BENCH_FLEET_HOSTS ?? 10);
/** Seconds that a host has to be healthy before the next ones begin. */
const hold = 5;
const batches = 2;
const settings = settingsFrom({ LAB_BRIDGE: 'psbr2', LAB_SUBNET: '10.77.2', ...process.env });
const hosts: LabHost[] = Array.from({ length: count }, (_, index) => ({
  name: `shop-${index + 1}`,
  ip: `${settings.subnet}.${30 + index}`,
}));

let lab: Lab;
let operator: Operator;
let upstream: Upstream;
let scratch: string;
beforeAll(async () => {
  upstream = await startUpstream(await directoryContent({ dist: join(settings.home, 'dist') }));
  scratch = await mkdtemp(join(tmpdir(), 'podstrap-bench-'));
  lab = await startLab({ hosts, settings });
  operator = await newOperator(lab, {});
});
afterAll(async () => {
  await operator?.leave();
  await lab?.down();
  await upstream?.close();
  await rm(scratch, { recursive: true, force: true });
});

/** A web server that answers with its version, which is all that changes. */
const pod = (version: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    hostNetwork: true,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'web',
        image: `docker.io/library/haproxy:${release(settings.kubernetesVersion).haproxy}`,
        imagePullPolicy: 'IfNotPresent',
        command: [
          'sh',
          '-c',
          `printf 'defaults\\n mode http\\n timeout client 5s\\n timeout server 5s\\n timeout connect 5s\\nfrontend web\\n bind :8080\\n http-request return status 200 content-type text/plain string ${version}\\n' >/web.cfg; exec haproxy -W -db -f /web.cfg`,
        ],
        ports: [{ containerPort: 8080 }],
        readinessProbe: { periodSeconds: 1, httpGet: { port: 8080, path: '/' } },
      },
    ],
  },
});

async function write(version: string): Promise<void> {
  await writeFile(join(operator.directory, 'web.yaml'), dump(pod(version)));
  await writeFile(
    join(operator.directory, 'cluster.yaml'),
    fleetInventory({
      hosts,
      identityFile: lab.identityFile,
      kubernetesVersion: settings.kubernetesVersion,
      artifacts: { ...inventoryMirrors(upstream.url), cacheDirectory: join(scratch, 'cache') },
      spec: {
        networking: { plugin: 'host' },
        staticPods: [{ name: 'web', manifest: 'web.yaml' }],
        rollout: {
          minHealthyTime: `${hold}s`,
          healthyDeadline: '2m',
          stages: [{ name: 'all', maxParallel: `${100 / batches}%` }],
        },
      },
    }),
  );
}

/** ansible-playbook of a virtual environment of its own, which is made where it is missing. */
async function ansible(): Promise<string> {
  const folder = process.env.BENCH_ANSIBLE ?? join(settings.home, 'ansible');
  const program = join(folder, 'bin/ansible-playbook');
  if (!existsSync(program)) {
    await output('python3', ['-m', 'venv', folder]);
    await output(join(folder, 'bin/pip'), ['install', '-q', 'ansible-core']);
  }
  return program;
}

/** The hosts are bare; Ansible needs a Python there, which is the one of this machine, of the same Debian. */
async function givePython(): Promise<void> {
  const line =
    'tar -C / -ch usr/bin/python3.11 usr/lib/python3.11 usr/lib/x86_64-linux-gnu/libexpat.so.1 usr/lib/x86_64-linux-gnu/libsqlite3.so.0 usr/lib/x86_64-linux-gnu/libffi.so.8';
  for (const { ip } of hosts)
    await output('bash', [
      '-c',
      `${line} 2>/dev/null | ssh -i ${lab.identityFile} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@${ip} 'tar -C / -xf - && ln -sf python3.11 /usr/bin/python3'`,
    ]);
}

/** What people write: the manifest from a template, half of the hosts at a time, each waited for until it answers and held. */
const playbook = [
  {
    hosts: 'all',
    gather_facts: false,
    serial: `${100 / batches}%`,
    tasks: [
      {
        name: 'manifest',
        'ansible.builtin.copy': { src: 'web.yaml', dest: '/etc/kubernetes/manifests/web.yaml', mode: '0600' },
      },
      {
        name: 'health',
        'ansible.builtin.uri': { url: 'http://127.0.0.1:8080/', return_content: true },
        register: 'answer',
        until: "answer.content | default('') == version",
        retries: 240,
        delay: 1,
      },
      { name: 'hold', 'ansible.builtin.pause': { seconds: hold } },
      {
        name: 'still healthy',
        'ansible.builtin.uri': { url: 'http://127.0.0.1:8080/', return_content: true },
        register: 'again',
        failed_when: 'again.content != version',
      },
    ],
  },
];

async function playAnsible(version: string): Promise<number> {
  const program = await ansible();
  const common =
    '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlMaster=auto -o ControlPersist=60s';
  await writeFile(join(scratch, 'web.yaml'), dump(pod(version)));
  await writeFile(join(scratch, 'play.yaml'), dump(playbook));
  await writeFile(
    join(scratch, 'hosts'),
    hosts.map(({ name, ip }) => `${name} ansible_host=${ip}\n`).join(''),
  );
  const environment = {
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_HOST_KEY_CHECKING: 'False',
    ANSIBLE_SSH_ARGS: common,
    ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3.11',
    ANSIBLE_NOCOLOR: '1',
    HOME: scratch,
    LC_ALL: 'C.UTF-8',
  };
  const words = [
    '-i',
    'hosts',
    '-u',
    'root',
    '--private-key',
    lab.identityFile,
    '-f',
    String(count),
    '-e',
    `version=${version}`,
    'play.yaml',
  ];
  const seconds = stopwatch();
  await output(program, words, { directory: scratch, environment });
  return seconds();
}

/** What an idle host has for it: kubelet, containerd, and what holds its pod. */
const weigh = `for p in /proc/[0-9]*; do read -r c <$p/comm 2>/dev/null || continue
case $c in kubelet|containerd|containerd-shim*|pause) m=$(sed -n 's/^Rss: *\\([0-9]*\\) kB/\\1/p' $p/smaps_rollup); s=$(sed -n 's/^Pss: *\\([0-9]*\\) kB/\\1/p' $p/smaps_rollup)
set -- $(sed 's/.*) //' $p/stat); echo "$c $m $s $((\${12} + \${13}))";; esac; done`;

interface Weight {
  readonly rss: number;
  readonly pss: number;
  readonly ticks: number;
}

async function weights(host: string): Promise<ReadonlyMap<string, Weight>> {
  const found = new Map<string, Weight>();
  for (const line of (await lab.read(host, weigh)).trim().split('\n')) {
    const [name = '', rss, pss, ticks] = line.split(' ');
    const before = found.get(name) ?? { rss: 0, pss: 0, ticks: 0 };
    found.set(name, {
      rss: before.rss + Number(rss),
      pss: before.pss + Number(pss),
      ticks: before.ticks + Number(ticks),
    });
  }
  return found;
}

test('one version on real hosts, against Ansible', async () => {
  await write('v1');
  await measurePodstrap(operator.directory, upArguments);
  await givePython();
  // Both with everything in place, and with connections to make.
  await write('v2');
  const podstrap = (await measurePodstrap(operator.directory, upArguments)).wallSeconds;
  const theirs = await playAnsible('v3');
  const waits = hold * batches;
  const [ours, others] = [podstrap - waits, theirs - waits];
  const before = await weights(hosts[0]!.name);
  const watch = stopwatch();
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const after = await weights(hosts[0]!.name);
  const cpu = (name: string) => ((after.get(name)?.ticks ?? 0) - (before.get(name)?.ticks ?? 0)) / watch();
  const idle = [...after].map(([name, { rss, pss }]) => ({ name, rss, pss, cpuPercent: cpu(name) }));
  await writeResults({
    suite: 'ansible',
    about: `A new version of a web server on ${count} real hosts of this machine, half of them at a time, each healthy for ${hold} s; images in place. Ansible copies the manifest (pipelining, one connection kept) and waits until the new version answers. Without the ${waits} s of holding.`,
    columns: ['', 'podstrap', 'Ansible', 'Ratio', 'At most'],
    rows: [
      ['One version', `${ours.toFixed(1)} s`, `${others.toFixed(1)} s`, (ours / others).toFixed(2), '0.25'],
      ...idle.map(({ name, pss, cpuPercent }) => [
        `An idle host: ${name}`,
        `${(pss / 1024).toFixed(0)} MB, ${cpuPercent.toFixed(1)} % of a CPU`,
        '',
        '',
        '',
      ]),
    ],
    figures: { hosts: count, hold, batches, podstrap, ansible: theirs, idle },
  });
});
