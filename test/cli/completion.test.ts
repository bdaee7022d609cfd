import { describe, expect, test } from 'vitest';
import { program } from '../../src/cli/program.js';
import { completions, type Known } from '../../src/cli/view/completions.js';

const known: Known = {
  hosts: () => ['cp-1', 'cp-2', 'w-1'],
  runs: () => ['2026-11-30-b2', '2026-11-29-a1'],
  certificates: () => ['apiserver', 'cp-1/apiserver'],
  fields: () => ['spec', 'spec.etcd'],
  labels: () => ['host', 'ring'],
};
const offered = (line: string) => completions(program(), line.split(' '), known).trimEnd().split('\n');
const values = (line: string) =>
  offered(line)
    .slice(0, -1)
    .map((one) => one.split('\t')[0]);

test.each([
  ['st', ['status']],
  ['bundle ver', ['verify']],
  ['certs ', ['renew']],
  ['-o ', ['text', 'json', 'markdown']],
  ['plan --output=j', ['json']],
  ['plan --det', ['--detailed-exitcode']],
  ['plan --fi', ['--file']],
  ['up --limit ', ['cp-1', 'cp-2', 'w-1']],
  ['up --limit cp-1,w', ['cp-1,w-1']],
  ['up --limit=cp-1,w', ['cp-1,w-1']],
  ['reset cp-1 cp', ['cp-1', 'cp-2']],
  ['certs renew --host w', ['w-1']],
  ['certs renew cp-1/', ['cp-1/apiserver']],
  ['history show ', ['2026-11-30-b2', '2026-11-29-a1']],
  ['rollback 2026-11-29', ['2026-11-29-a1']],
  ['explain spec.e', ['spec.etcd']],
  ['status --by r', ['ring']],
  ['nothing-like-this ', []],
])('podstrap %s goes on with %j', (line, expected) => {
  expect(values(line)).toEqual(expected);
});

test('commands come with what they do', () => {
  expect(offered('unl')).toEqual([expect.stringMatching(/^unlock\t\S/), ':4']);
});

describe('files are the shell’s business', () => {
  test.each(['up --plan ', 'bundle verify ', '-f ', 'up --bundle=pro'])('podstrap %s', (line) => {
    expect(offered(line)).toEqual([':0']);
  });

  test('but for words that are something else', () => {
    expect(offered('up --limit ').at(-1)).toBe(':4');
  });
});

test('every placeholder of the command line says what it stands for, or is nothing that could be listed', () => {
  const free = [
    'time',
    'digest',
    'count',
    'rate',
    'version',
    'list',
    'name',
    'words',
    'shell',
    'format',
    'arch',
    'kind',
    'field',
    'number',
    'stage',
    'lines',
    'pod',
    'command',
    'id',
  ];
  const placeholders = everyCommand(program()).flatMap((command) => [
    ...command.options.flatMap(({ flags }) => /<(.*)>/.exec(flags)?.[1] ?? []),
    ...command.registeredArguments.map((argument) => argument.name()),
  ]);
  const kinds = [
    'host',
    'hosts',
    'run',
    'names',
    'field',
    'label',
    'file',
    'path',
    'dir',
    'bundle',
    'old',
    'new',
  ];
  expect([...new Set(placeholders)].filter((one) => ![...free, ...kinds].includes(one))).toEqual([]);
});

type Any = ReturnType<typeof program>;
const everyCommand = (command: Any): readonly Any[] => [
  command,
  ...command.commands.flatMap((below) => everyCommand(below as Any)),
];
