import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';
import { program } from '../../src/cli/program.js';

/** Runs podstrap with these words; what it printed and how it would end. */
async function run(...argv: readonly string[]): Promise<{ out: string; err: string; code: number }> {
  const { write: out } = process.stdout;
  const { write: err } = process.stderr;
  const printed = { out: '', err: '' };
  const into = (stream: 'out' | 'err') => (text: string) => {
    printed[stream] += text;
    return true;
  };
  process.stdout.write = into('out') as typeof out;
  process.stderr.write = into('err') as typeof err;
  try {
    await main(argv);
    return { ...printed, code: Number(process.exitCode ?? 0) };
  } finally {
    process.stdout.write = out;
    process.stderr.write = err;
    process.exitCode = 0;
  }
}

const commands = program().commands;

test('the commands of the contract are there', () => {
  const names = commands.map((command) => command.name());
  for (const name of ['init', 'plan', 'up', 'status', 'render', 'kubeconfig', 'reset', 'unlock'])
    expect(names).toContain(name);
});

describe.each(commands.map((command) => [command.name(), command] as const))('%s', (name, command) => {
  test('--help names every option and says what it is for', async () => {
    const { out, code } = await run(name, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`podstrap ${name}`);
    for (const option of command.options) {
      expect(out).toContain(option.long);
      expect(option.description).not.toBe('');
    }
    expect(command.description()).toMatch(/^[A-Z].*\.$/);
  });

  // kubectl's words are kubectl's to judge, and `complete` takes words that are unfinished.
  test.skipIf(name === 'kubectl' || name === 'complete')(
    'an option that it does not know is bad usage',
    async () => {
      const { err, code } = await run(name, '--no-such-option');
      expect(code).toBe(64);
      expect(err).toContain('`podstrap --help` lists the commands');
    },
  );
});

test('the first page shows where to start and what exit codes mean', async () => {
  const { out, code } = await run('--help');
  expect(code).toBe(0);
  for (const { long } of program().options) expect(out).toContain(long);
  expect(out).toMatch(/podstrap init[\s\S]*podstrap plan[\s\S]*podstrap up/);
  expect(out).toContain('75 try again');
});

test.each([
  [['--version'], 0],
  [['no-such-command'], 64],
  [['plan', '-o', 'xml'], 64],
  [['render'], 64],
  [['plan', '-f'], 64],
  [['reset'], 64],
  [['reset', 'cp-1', '--all'], 64],
  [['plan', '-f', '/no/such/cluster.yaml'], 64],
])('podstrap %j ends with %i', async (argv, code) => {
  expect((await run(...argv)).code).toBe(code);
});

test.each([
  ['an unknown option', ['plan', '--no-such-option', '-o', 'json'], "unknown option '--no-such-option'"],
  ['an unknown command', ['-o', 'json', 'no-such-command'], "unknown command 'no-such-command'"],
  ['an option without its value, before -o', ['-f', '--output=json', 'plan', '--out'], '--out'],
  ['a bad digest before -o', ['--accept-record', 'x', 'up', '-vo', 'json'], 'a digest is 64'],
  ['markdown where there is none', ['status', '-o', 'markdown'], ''],
])('as JSON bad usage is a document: %s', async (_what, argv, said) => {
  const { out, err, code } = await run(...argv);
  expect(code).toBe(64);
  expect(err).not.toBe('');
  if (said === '') return;
  expect(JSON.parse(out)).toMatchObject({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Event',
    at: expect.any(String),
    event: 'failed',
    failures: [{ kind: 'usage', said: expect.stringContaining(said) }],
  });
});

test('what kubectl is to print as JSON is no wish of podstrap', async () => {
  const { out } = await run('-f', '/no/such/cluster.yaml', 'kubectl', 'get', 'pods', '-o', 'json');
  expect(out).toBe('');
});

test('as JSON a failure is one line on stdout', async () => {
  const { out, code } = await run('plan', '-f', '/no/such/cluster.yaml', '-o', 'json');
  expect(code).toBe(64);
  const [failed] = (JSON.parse(out) as { failures: { kind: string; doing: string; next: string }[] })
    .failures;
  expect(failed).toMatchObject({ kind: 'inventory', doing: 'Reading /no/such/cluster.yaml' });
  expect(failed!.next).toContain('podstrap init');
});
