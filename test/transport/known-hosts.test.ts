import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  entriesFor,
  fingerprint,
  judgeKey,
  knownName,
  parseKnownHosts,
  typeOfKey,
} from '../../src/transport/ssh/known-hosts.js';

const wire = (type: string, rest: string): Buffer => {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from(rest)]);
};
const key = wire('ssh-ed25519', 'one');
const line = (names: string, bytes = key) =>
  `${names} ${typeOfKey(bytes)} ${bytes.toString('base64')} remark`;
const found = (text: string, name: string) => entriesFor(parseKnownHosts(text, 'f'), name).length > 0;

const hashed = (name: string, salt = 'some salt of twenty.') => {
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${Buffer.from(salt).toString('base64')}|${hash}`;
};

describe('a line of known_hosts stands for', () => {
  const cases: readonly [string, string, boolean][] = [
    ['host.example', 'host.example', true],
    ['HOST.example', 'host.EXAMPLE', true],
    ['host.example', 'host.example.org', false],
    ['a,host.example,10.0.0.1', '10.0.0.1', true],
    ['*.example', 'host.example', true],
    ['*.example', 'example', false],
    ['host-?', 'host-1', true],
    ['host-?', 'host-10', false],
    ['*.example,!bad.example', 'good.example', true],
    ['*.example,!bad.example', 'bad.example', false],
    ['[host.example]:2222', '[host.example]:2222', true],
    ['[host.example]:2222', 'host.example', false],
    ['host.example', '[host.example]:2222', false],
    ['fe80::1', 'fe80::1', true],
    [hashed('host.example'), 'host.example', true],
    [hashed('host.example'), 'other.example', false],
    [hashed('[host.example]:2222'), '[host.example]:2222', true],
    ['|2|unknown|hash', 'host.example', false],
    ['a.b', 'axb', false],
  ];
  test.each(cases)('%s: %s? %s', (names, name, is) => {
    expect(found(line(names), name)).toBe(is);
  });
});

test('remarks, empty and broken lines are passed over; lines keep their numbers', () => {
  const text = ['# remark', '', 'host', `@cert-authority ${line('*')}`, `  ${line('host')}`, '\r'].join('\n');
  const entries = parseKnownHosts(text, 'known_hosts');
  expect(entries.map(({ file, line: number, says }) => [file, number, says])).toEqual([
    ['known_hosts', 4, 'authority'],
    ['known_hosts', 5, 'key'],
  ]);
});

test('a host is filed under its lower-case name, with the port where it is not 22', () => {
  expect(knownName('Host.Example', 22)).toBe('host.example');
  expect(knownName('10.0.0.1', 2222)).toBe('[10.0.0.1]:2222');
});

describe('the verdict on a key is', () => {
  const judge = (text: string) => judgeKey(parseKnownHosts(text, 'f'), key);
  const other = wire('ssh-ed25519', 'two');
  const rsa = wire('ssh-rsa', 'three');
  test('unknown where nothing is known', () => {
    expect(judge('').kind).toBe('unknown');
  });
  test('trusted where it is known, beside others', () => {
    expect(judge(`${line('h', other)}\n${line('h')}`).kind).toBe('trusted');
  });
  test('changed where another is known, of its type or not', () => {
    expect(judge(line('h', other))).toMatchObject({ kind: 'changed', entries: [{ line: 1 }] });
    expect(judge(line('h', rsa)).kind).toBe('changed');
  });
  test('revoked before all else', () => {
    expect(judge(`${line('h')}\n@revoked ${line('h')}`)).toMatchObject({
      kind: 'revoked',
      entry: { line: 2 },
    });
  });
  test('unknown where only others are revoked', () => {
    expect(judge(`@revoked ${line('h', other)}`).kind).toBe('unknown');
  });
});

test('a fingerprint is the one that ssh-keygen shows', () => {
  const github = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
  expect(fingerprint(github)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
  expect(fingerprint(Buffer.from(github, 'base64'))).toBe(fingerprint(github));
  expect(typeOfKey(Buffer.from(github, 'base64'))).toBe('ssh-ed25519');
});
