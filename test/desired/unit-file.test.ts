import { describe, expect, test } from 'vitest';
import { environmentWord, execWord, overrideUnit } from '../../src/desired/node/unit-file.js';

const unit = `[Unit]
Description=x

[Service]
Environment=A=1
Environment=B=2
ExecStart=/bin/x \\
  --a=1 \\
  --b=2
Restart=always

[Install]
WantedBy=multi-user.target
`;

describe('overriding a unit', () => {
  test('without overrides changes nothing', () => {
    expect(overrideUnit(unit, {})).toBe(unit);
  });

  test('replaces a setting', () => {
    const text = overrideUnit(unit, { Service: { Restart: 'no' } });
    expect(text).toBe(unit.replace('Restart=always', 'Restart=no'));
  });

  test('replaces a setting of several lines', () => {
    const text = overrideUnit(unit, { Service: { ExecStart: '/bin/y' } });
    expect(text).toContain('Environment=B=2\nRestart=always\nExecStart=/bin/y\n\n[Install]');
    expect(text).not.toContain('--b=2');
  });

  test('drops all lines of a key whose value is empty', () => {
    expect(overrideUnit(unit, { Service: { Environment: '' } })).not.toContain('Environment');
  });

  test('adds keys and sections', () => {
    const text = overrideUnit(unit, { Service: { Nice: '5' }, Slice: { CPUQuota: '50%' } });
    expect(text).toContain('Restart=always\nNice=5\n');
    expect(text.endsWith('WantedBy=multi-user.target\n\n[Slice]\nCPUQuota=50%\n')).toBe(true);
  });
});

describe('a word of ExecStart', () => {
  test.each([
    ['--v=2', '--v=2'],
    ['--a=b c', '"--a=b c"'],
    ['--a=100%', '--a=100%%'],
    ['--a=$HOME', '--a=$$HOME'],
    ['--a="q"', '"--a=\\"q\\""'],
    ['--a=\\d', '"--a=\\\\d"'],
    ['--a=b;c', '"--a=b;c"'],
  ])('%s is written %s', (word, written) => {
    expect(execWord(word)).toBe(written);
  });
});

test('a dollar means nothing in Environment', () => {
  expect(environmentWord('HTTP_PROXY=http://u:p$x%40@proxy')).toBe('HTTP_PROXY=http://u:p$x%%40@proxy');
});
