import { describe, expect, test } from 'vitest';
import { importsOf, roomOf, type SourceFile, sourceFiles } from './source-files.js';

const files = sourceFiles();
const inRooms = (...rooms: readonly string[]) => files.filter(({ room }) => rooms.includes(room));
const below = (paths: readonly RegExp[]) => files.filter(({ path }) => paths.some((one) => one.test(path)));

/** Lines of `among` whose code matches, as `path: text`. */
const linesWith = (among: readonly SourceFile[], pattern: RegExp): readonly string[] =>
  among.flatMap(({ path, code }) =>
    code
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );

const importers = (among: readonly SourceFile[], modules: RegExp): readonly string[] =>
  among.flatMap(({ path, imports }) =>
    imports.filter(({ from }) => modules.test(from)).map(({ from }) => `${path} imports ${from}`),
  );

/**
 * The rooms in the order in which data flows: a file imports from its own room and from those before it. The files of src/
 * itself come first, being words that every room speaks.
 */
const order: readonly string[] = [
  '',
  'secrets',
  'host',
  'operator',
  'kubernetes',
  'inventory',
  'pki',
  'transport',
  'cluster',
  'desired',
  'bundle',
  'observed',
  'plan',
  'survey',
  'verify',
  'preflight',
  'check',
  'apply',
  'stories',
  'practice',
  'cli',
];

test('every room of the house has its place in the order', () => {
  expect([...new Set(files.map(({ room }) => room))].sort()).toEqual([...order].sort());
});

test.each(order)('%s imports only from rooms before it', (room) => {
  const strays = inRooms(room).flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => from.endsWith('.ts') && order.indexOf(roomOf(from)) > order.indexOf(room))
      .map(({ from }) => `${path} imports ${from}`),
  );
  expect(strays).toEqual([]);
});

test('what is a function of values knows no way to a host', () => {
  const pure = inRooms('inventory', 'pki', 'desired', 'bundle', 'plan');
  expect(importers(pure, /^(transport|practice)\//)).toEqual([]);
});

test('rooms know a survey and a site as data; what makes them stays in the stories', () => {
  const strays = inRooms('verify', 'preflight', 'check', 'apply').flatMap(({ path, imports }) =>
    imports
      .filter(({ from, typeOnly }) => /^survey\//.test(from) && from !== 'survey/session.ts' && !typeOnly)
      .map(({ from }) => `${path} imports ${from}`),
  );
  expect(strays).toEqual([]);
});

test('only cli knows practice hosts', () => {
  const others = files.filter(({ room }) => room !== 'practice' && room !== 'cli');
  expect(importers(others, /^practice\//)).toEqual([]);
});

test('few files lie loose, and no folder holds more than can be seen at once', () => {
  const folders = new Map<string, number>();
  for (const { path } of files) {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  expect(folders.get('')).toBeLessThan(8);
  // One miniature or format a file, each of them small.
  const alike = ['practice/components', 'bundle/file'];
  const full = [...folders].filter(([folder, count]) => count > 26 && !alike.includes(folder));
  expect(full).toEqual([]);
});

test('no file needs itself on the way round, once types are gone', () => {
  const edges = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter(({ from, typeOnly }) => !typeOnly && from.endsWith('.ts')).map(({ from }) => from),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
    if (done.has(path) || way.includes(path)) return;
    for (const next of edges.get(path) ?? []) walk(next, [...way, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  expect(circles).toEqual([]);
});

describe('one door each', () => {
  const outside = files.filter(({ room }) => room !== 'transport' && room !== 'practice');

  test('only transport and practice hosts touch machines', () => {
    const touching = importers(outside, /^(ssh2|node:child_process|child_process|node:dgram)$/);
    // The demo and practice hosts are podstrap itself once more; kubectl is the user's own.
    expect(touching).toEqual([
      'cli/files/run-list-command.ts imports node:child_process',
      'cli/own-program.ts imports node:child_process',
      'cli/run-program.ts imports node:child_process',
      'cli/secrets/run-command.ts imports node:child_process',
    ]);
    // isIP looks at text and opens nothing.
    const openers = outside.filter(
      ({ text, imports }) =>
        imports.some(({ from }) => from === 'node:net') &&
        !/import \{ isIP(v[46])? \} from 'node:net'/.test(text),
    );
    expect(openers.map(({ path }) => path)).toEqual([]);
  });

  test('only cluster and bundle speak HTTP, each in one place, besides practice hosts', () => {
    const speakers = importers(outside, /^(node:https?|node:http2|node:tls|undici|ws)$/).map(
      (line) => line.split(' ')[0],
    );
    expect([...new Set(speakers)]).toEqual([
      'bundle/ways.ts',
      'cluster/http.ts',
      'cluster/http2-connection.ts',
      'cluster/http2-exchange.ts',
      'cluster/secure-stream.ts',
      'cluster/web-socket.ts',
    ]);
  });

  test('only cli touches argv, exit codes, streams and the console', () => {
    const others = files.filter(({ room }) => room !== 'cli');
    const terminal =
      /\bconsole\.|\bprocess\.(argv|exit|exitCode|abort|on|once)\b|(^|[^.\w])process\.(stdin|stdout|stderr)\b/;
    // A process of a host is called so in transport.
    const own = others.filter(({ text }) => !/RunningProcess|ChildProcess/.test(text));
    expect(linesWith(own, terminal)).toEqual([]);
  });

  test('YAML is read where aliases are counted', () => {
    const readers = outside.filter(({ text }) =>
      /import \{[^}]*\b(load|loadAll|constructFromEvents)\b[^}]*\} from 'js-yaml'/.test(text),
    );
    expect(readers.map(({ path }) => path)).toEqual([
      'inventory/addons/read-documents.ts',
      'inventory/document/compose-document.ts',
      // One plain word, in which no alias can stand.
      'kubernetes/yaml-schema.ts',
      'read-yaml.ts',
    ]);
    const careless = readers.filter(({ text }) => !text.includes('requireModest('));
    expect(careless.map(({ path }) => path)).toEqual(['kubernetes/yaml-schema.ts']);
  });

  test('files of the operator’s are written in one place, besides the keystore’s, the cache’s and the journals', () => {
    const writing =
      /\b(writeFile|writeFileSync|appendFile|rename|createWriteStream|mkdir|mkdirSync|link|symlink)\(/;
    const writers = new Set(
      linesWith(
        files.filter(({ room, text }) => room !== 'practice' && /from 'node:fs(\/promises)?'/.test(text)),
        writing,
      ).map((line) => line.split(':')[0]),
    );
    expect([...writers].sort()).toEqual([
      'bundle/cache.ts',
      'bundle/fetch/part-file.ts',
      // Practice hosts are its own, and what kubectl gets is gone when it ends.
      'cli/commands/demo-fleet.ts',
      'cli/commands/demo.ts',
      'cli/commands/kubectl.ts',
      'cli/commands/practice.ts',
      'cli/files/journal-file.ts',
      // It is there because something went wrong: what it is made with must not go wrong as well.
      'cli/report-defect.ts',
      'operator/operator-file.ts',
      'pki/store/store-files.ts',
      'pki/store/store-lock.ts',
      // Of a run's own folder, which is gone when it ends.
      'transport/openssh/desk.ts',
      'transport/ssh/trust.ts',
    ]);
  });

  test('text gets to the terminal in one place, which makes visible what a terminal would obey', () => {
    const writing = /\bprocess\.(stdout|stderr)\.write\b|\bconsole\.|\bJSON\.stringify\(|\bstyleText\b/;
    const others = files.filter(({ room, path }) => room === 'cli' && path !== 'cli/terminal.ts');
    expect(linesWith(others, writing)).toEqual([
      'cli/shared-problems.ts: return JSON.stringify(texts);',
      'cli/view/check.ts: const key = JSON.stringify([result, said, next]);',
    ]);
  });

  // A podstrap that is one file has nothing beside it.
  test('files of the package are read in one place, but for the schema, which may be missing', () => {
    const reading = files.filter(({ text }) => /\bimport\.meta\b/.test(text)).map(({ path }) => path);
    expect(reading.sort()).toEqual(['cli/own-program.ts', 'shipped-text.ts']);
  });

  test('templates are read in one place', () => {
    expect(importers(inRooms('desired'), /^node:fs/)).toEqual([]);
  });
});

describe('pure rooms', () => {
  const pure = below([
    /^inventory\/(?!reading\/(files|read-inventory))/,
    /^desired\/(?!templates)/,
    /^plan\//,
    /^host\//,
    /^kubernetes\//,
    /^preflight\/check/,
    /^preflight\/preflight\.ts/,
    /^apply\/.*-script\.ts/,
    /^observed\/(probe\/(parse-probe|probe)|facts)/,
    /^pki\/(catalog|certificate-)/,
  ]);

  test('there are as many of them as we think', () => {
    expect(pure.length).toBeGreaterThan(80);
  });

  test('take clock, randomness, environment and files as arguments', () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bMath\.random\b|\brandom(Bytes|UUID|Int)\b|\bprocess\.|\bset(Timeout|Interval)\b/;
    expect(linesWith(pure, impure)).toEqual([]);
    expect(importers(pure, /^node:(fs|os|timers|child_process|http|tls)/)).toEqual([]);
  });

  test('hold no promises', () => {
    expect(linesWith(pure, /\b(async|await)\b/)).toEqual([]);
  });
});

test('no run that only pretends: nothing below cli knows the words, but for what API servers are asked', () => {
  const others = files.filter(({ room }) => room !== 'cli' && room !== 'practice');
  const pretending = others
    .filter(({ text }) => /dry[\s_-]?run/i.test(text.replace('&dryRun=All', '')))
    .map(({ path }) => path);
  expect(pretending).toEqual([]);
});

test('words are quoted for shells in one place', () => {
  const quoting = files.filter(({ room, text }) => room !== 'practice' && text.includes("'\\\\''"));
  expect(quoting.map(({ path }) => path)).toEqual(['host/shell.ts']);
});

test('nobody decides by the words of a message', () => {
  const deciding = linesWith(
    files.filter(({ room }) => room !== 'practice'),
    /\.message\.(includes|match|startsWith|endsWith|indexOf)\(|\.test\([\w.]*\.message\)|\.exec\([\w.]*\.message\)/,
  );
  expect(deciding).toEqual([]);
});

test('secrets are revealed where bytes leave, and nowhere else', () => {
  const rooms = new Set(
    files
      .filter(({ code }) => /\.reveal\(\)|\breveal\(/.test(code))
      .flatMap(({ room, path }) => [room, path]),
  );
  for (const room of [
    'observed',
    'preflight',
    'verify',
    'host',
    'stories/status.ts',
    'stories/reset.ts',
    'survey',
  ])
    expect([...rooms]).not.toContain(room);
});

describe('small enough to see', () => {
  const lines = ({ text }: SourceFile): number => text.split('\n').length - 1;

  /** What is longer than 260 lines, and why it may be. */
  const long: Readonly<Record<string, string>> = {
    'kubernetes/known-types.ts': 'a table that a script makes',
    'kubernetes/known-api-types.ts': 'a table that a script makes',
    'pki/catalog.ts': 'the tables of certificates, authorities and who reads them',
    'check/cis/cis-checks.ts': 'one table: the checks of a benchmark',
    'inventory/schema.ts': 'one literal: the definition of every field',
    'practice/components/kube-apiserver.ts': 'an API server in one file is still a small one',
    'practice/components/api-objects.ts': 'likewise its store of objects',
    'practice/practice-host.ts': 'a host and its faults',
  };

  test('no file is longer than 260 lines without a reason', () => {
    const tooLong = files.filter((file) => lines(file) > 260 && !(file.path in long));
    expect(tooLong.map((file) => `${file.path}: ${lines(file)}`)).toEqual([]);
  });

  test('few files are longer than 200 lines', () => {
    const longish = files.filter((file) => lines(file) > 200);
    expect(longish.length / files.length).toBeLessThan(0.05);
  });

  test('files are called in kebab-case, and none is a grab bag', () => {
    const badly = files.filter(
      ({ path }) =>
        !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path.split('/').at(-1)!) ||
        /(^|\/)(utils?|helpers?|manager|common|misc)(\/|-|\.)/.test(path),
    );
    expect(badly.map(({ path }) => path)).toEqual([]);
  });
});

test('the scanner sees every kind of import', () => {
  const text = [
    "import { type A, type B } from './a.js';",
    "import type { C } from '../b/c.js';",
    "import D, { type E } from 'node:fs';",
    'import {\n  f,\n  type G,\n} from "ignored";',
    "import {\n  h,\n} from './h.js';",
    "import './effect.js';",
    "export * from './all.js';",
    "const late = await import('ssh2');",
  ].join('\n');
  expect(importsOf('room/file.ts', text)).toEqual([
    { from: 'room/a.ts', typeOnly: true },
    { from: 'b/c.ts', typeOnly: true },
    { from: 'node:fs', typeOnly: false },
    { from: 'room/h.ts', typeOnly: false },
    { from: 'room/effect.ts', typeOnly: false },
    { from: 'room/all.ts', typeOnly: false },
    { from: 'ssh2', typeOnly: false },
  ]);
});
