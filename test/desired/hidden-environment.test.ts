import { expect, test } from 'vitest';
import { hiddenEnvironment } from '../../src/desired/hidden-environment.js';
import { Secret } from '../../src/secret.js';

const file = '/etc/kubernetes/containerd.env';
const unitOf = (...lines: readonly string[]) =>
  ['[Service]', ...lines, 'ExecStart=/usr/local/bin/containerd', ''].join('\n');

test.each([
  [['Environment=HTTP_PROXY=http://192.0.2.1:3128', 'Environment=NO_PROXY=10.0.0.0/8']],
  [['Environment="LEVEL=debug mode" GOGC=50']],
  [['Environment=TOKEN=']],
  [[]],
])('a unit whose variables hold no credential stays as it is: %j', (lines) => {
  const unit = unitOf(...lines);
  expect(hiddenEnvironment(unit, file)).toEqual({ unit, variables: undefined });
});

test('credentials go into a file of their own, and the rest of their line stays', () => {
  const unit = unitOf(
    'Environment=HTTPS_PROXY=http://ann:p%%40ss@192.0.2.1:3128',
    'Environment=NO_PROXY=10.0.0.0/8',
    `Environment=GOGC=50 "TOKEN=a \\"b\\" $c \\\\d" 'PASSWORD=e f' LEVEL=x`,
  );
  expect(hiddenEnvironment(unit, file)).toEqual({
    unit: unitOf(
      `EnvironmentFile=-${file}`,
      'Environment=NO_PROXY=10.0.0.0/8',
      'Environment=GOGC=50 LEVEL=x',
    ),
    variables: [
      'HTTPS_PROXY="http://ann:p%40ss@192.0.2.1:3128"',
      'TOKEN="a \\"b\\" \\$c \\\\d"',
      'PASSWORD="e f"',
      '',
    ].join('\n'),
  });
});

test('a line that goes on is one line', () => {
  const unit = unitOf('Environment=GOGC=50 \\', '  API_TOKEN=abc \\', '  LEVEL=x');
  expect(hiddenEnvironment(unit, file)).toEqual({
    unit: unitOf('Environment=GOGC=50 LEVEL=x', `EnvironmentFile=-${file}`),
    variables: 'API_TOKEN="abc"\n',
  });
});

test('what only systemd can expand stays where it is', () => {
  const unit = unitOf('Environment=TOKEN=%m "SECRET=a\\x20b"');
  expect(hiddenEnvironment(unit, file)).toEqual({ unit, variables: undefined });
});

test('a variable of any name goes into the file where its value is one that nobody may see', () => {
  const unit = '[Service]\nEnvironment=NOTE=of-the-environment LEVEL=info\n';
  expect(hiddenEnvironment(unit, file, [new Secret('of-the-environment')])).toEqual({
    unit: `[Service]\nEnvironment=LEVEL=info\nEnvironmentFile=-${file}\n`,
    variables: 'NOTE="of-the-environment"\n',
  });
});
