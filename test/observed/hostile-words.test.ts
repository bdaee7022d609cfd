import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHeld } from '../../src/apply/lock/lock-script.js';
import { parseReplaced } from '../../src/apply/undo/replaced.js';
import { Failure } from '../../src/failure.js';
import type { HostFacts } from '../../src/observed/facts.js';
import { parseProbe } from '../../src/observed/probe/parse-probe.js';
import { isProbeTitle } from '../../src/observed/probe/probe-titles.js';
import { sections } from '../../src/observed/sections.js';

/** More of it: `FAILURES_CASES=100000 FAILURES_SEED=7 npx vitest run --project unit test/observed/hostile-words`. */
const seed = Number(process.env['FAILURES_SEED'] ?? 20_261);
const numRuns = Number(process.env['FAILURES_CASES'] ?? 300);

const nasty = fc.oneof(
  fc.constantFrom(
    '$(id)',
    '`id`',
    "'; id; '",
    '\u001b[2K',
    '\r',
    '../../etc/passwd',
    '9'.repeat(400),
    '-1',
    '1e9',
    '__proto__',
    'constructor',
    '{"__proto__":1}',
    '@mark host',
    '\u2028',
    '%',
    '/',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
/** Lines as hosts print them, with something else in the place of a word, or cut off. */
const ordinary: Readonly<Record<string, readonly string[]>> = {
  host: ['root ', 'uname 6.1.0-18-amd64 x86_64', 'date 1790000000', 'uid 0', 'hostname cp-1', 'cgroup 2'],
  network: ['program ip', 'plugin 10-podstrap.conflist'],
  addresses: [
    '2: eth0    inet 10.0.0.11/24 brd 10.0.0.255 scope global eth0',
    '2: eth0    inet6 fd00::1/64 scope global',
  ],
  links: ['2: eth0@if7: <UP> mtu 1500 qdisc noqueue'],
  routes: ['10.244.1.0/24 via 10.0.0.12 dev eth0 proto 144', 'default via 10.0.0.1 dev eth0'],
  sysctls: ['/proc/sys/net/ipv4/ip_forward:1'],
  'disk-paths': ['/etc', '/var/lib'],
  disks: [
    'Filesystem 1024-blocks Used Available Capacity Mounted on',
    '/dev/sda1 41152736 9152488 30102136 24% /',
  ],
  units: ['Id=kubelet.service', 'ActiveState=active', 'NeedDaemonReload=no', 'MainPID=17'],
  enabled: ['kubelet.service enabled'],
  outdated: ['17'],
  rewritten: ['kubelet.service /etc/a'],
  manifests: ['etcd.yaml', '.etcd.yaml.swp', 'old/'],
  record: [
    `{"cluster":"prod","clusterId":"${'a'.repeat(32)}","endpoint":"x:6443","etcd":{"cp-1":{"initialCluster":"cp-1=https://10.0.0.11:2380","state":"new"}}}`,
    'bootstrapped',
  ],
  generations: ['at 20260102T030405Z-9f3a', 'kept 20260102T030405Z-9f3a', `mark ${'b'.repeat(64)}`],
  applied: [`${'c'.repeat(64)} /etc/a`],
  etcd: ['data', 'marker podstrap-new-0123abcd', 'restoring 20260102T030405Z-9f3a somebody'],
  'etcd-account': ['user 760:760', 'group 760', 'taken 759'],
  incoming: [`17 ${'d'.repeat(64)}.part`],
  binaries: [`${'e'.repeat(64)} 1 2 3 /usr/local/bin/kubelet`],
  files: ['644 0 0 17 1790000000 12345 regular file /etc/a'],
  hashes: [`${'f'.repeat(64)}  /etc/a`],
  tasks: ['abc 17 RUNNING'],
  'sandboxes 0123abcd': ['abc'],
  'sandboxes *': ['abc', 'def'],
  images: [
    'REF TYPE DIGEST',
    `registry.k8s.io/pause:3.10 application/x sha256:${'0'.repeat(64)} 1 MiB linux/amd64 io.cri-containerd.pinned=pinned`,
  ],
  content: [`sha256:${'1'.repeat(64)}`],
  ports: ['LISTEN 0 4096 *:6443 *:* users:(("kube-apiserver",pid=17,fd=3))', 'hex 192B'],
  node: ['    user: "system:node:cp-1"'],
};
const lineOf = (line: string) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(line) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.nat(12), nasty).map(([at, word]) =>
        line
          .split(' ')
          .with(at % line.split(' ').length, word)
          .join(' '),
      ),
    },
    { weight: 1, arbitrary: fc.nat(line.length).map((length) => line.slice(0, length)) },
    { weight: 1, arbitrary: nasty },
  );
const output = fc
  .tuple(
    ...Object.entries(ordinary).map(([title, lines]) =>
      fc.tuple(...lines.map(lineOf)).map((said) => `@mark ${title}\n${said.join('\n')}\n`),
    ),
  )
  .map((parts) => `${parts.join('')}@mark end\n`);

const read = (text: string): HostFacts => parseProbe('cp-1', sections(text, '@mark', isProbeTitle), 0);

/** Every text in a value, keys as well. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [key, ...texts(one)]);
}

/** What of a host goes to others: into their scripts, files and names of files. */
const travelling = ({
  network,
  record,
  generation,
  generations,
  machine,
  kernel,
  mark,
}: HostFacts): readonly string[] => [
  ...network.interfaces.flatMap(({ name, addresses }) => [name, ...addresses]),
  ...network.routes.flatMap(({ to, via, device, protocol }) => [to, via ?? '', device ?? '', protocol ?? '']),
  ...texts({ ...record, fixed: undefined }),
  ...texts([generation, generations]),
  machine,
  kernel,
  mark,
];

test(`whatever a host prints is a fact of its kind, or the host is unsound (seed ${seed})`, () => {
  fc.assert(
    fc.property(output, (text) => {
      let facts: HostFacts;
      try {
        facts = read(text);
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect((error as Failure).kind).toBe('unsound');
        expect((error as Failure).message).not.toMatch(/\p{Cc}/u);
        return;
      }
      for (const word of travelling(facts)) expect(word).toMatch(/^[A-Za-z0-9._:/,=~+[\]@-]*$/);
      for (const word of texts({ ...facts, sysctls: {}, record: undefined }))
        expect(word).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      for (const number of [facts.cpus, facts.memory, facts.clockOffset, ...Object.values(facts.free)])
        expect(Number.isFinite(number)).toBe(true);
    }),
    { seed, numRuns },
  );
});

test(`text of any kind is no defect (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      for (const parse of [read, parseReplaced, (one: string) => parseHeld('cp-1', one)])
        try {
          parse(text);
        } catch (error) {
          expect((error as Failure).kind).toBe('unsound');
        }
    }),
    { seed, numRuns },
  );
});

describe('180 KB of what takes a careless parser hours', () => {
  const size = 180_000;
  test.each<readonly [string, string]>([
    [
      'names of interfaces',
      Array.from({ length: size / 20 }, (_, n) => `${n}: e${n} inet 10.0.0.1/8 x`).join('\n'),
    ],
    ['one name, again and again', `program ip\n`.repeat(size / 11)],
    ['digits', `${'1'.repeat(60_000)}\n`.repeat(size / 60_000)],
    ['blanks', `1 ${' '.repeat(60_000)}x\n`.repeat(size / 60_000)],
    ['digits and percents', `${'1 % /'.repeat(12_000)}\n`.repeat(size / 60_000)],
    ['slashes', `1 1 1 1 1 1 ${' /'.repeat(30_000)}\n`.repeat(size / 60_000)],
    ['line breaks', '\n'.repeat(size)],
    ['quotes', `LISTEN 0 0 *:1 users:((${'"'.repeat(60_000)}\n`.repeat(size / 60_000)],
    ['brackets of JSON', `${'['.repeat(60_000)}\n`.repeat(size / 60_000)],
  ])('%s', (_name, text) => {
    for (const title of Object.keys(ordinary))
      try {
        read(`@mark host\nuid 0\n@mark ${title === 'host' ? 'network' : title}\n${text}\n@mark end\n`);
      } catch (error) {
        expect((error as Failure).kind).toBe('unsound');
      }
    parseReplaced(text);
    parseHeld('cp-1', text);
  });
});
