import { describe, expect, test } from 'vitest';
import { parseNoProxy } from '../../src/bundle/fetch/no-proxy.js';

/** Entries of NO_PROXY, URLs that are fetched without a proxy then, and URLs that are not. */
const cases: readonly (readonly [says: string, direct: readonly string[], proxied: readonly string[]])[] = [
  ['', [], ['https://example.com', 'http://10.0.0.1']],
  ['*', ['https://example.com', 'http://10.0.0.1', 'http://[2001:db8::1]'], []],
  ['a.example, *', ['https://example.com'], []],
  [
    'example.com',
    ['https://example.com', 'https://EXAMPLE.com', 'https://a.example.com', 'http://b.a.example.com:8080'],
    ['https://notexample.com', 'https://example.com.evil', 'https://example.org'],
  ],
  ['.example.com', ['https://a.example.com'], ['https://example.com', 'https://notexample.com']],
  ['*.example.com', ['https://a.example.com'], ['https://example.com']],
  ['example.com:8443', ['https://example.com:8443', 'http://a.example.com:8443'], ['https://example.com']],
  ['example.com:443', ['https://example.com'], ['http://example.com', 'https://example.com:8443']],
  ['example.com:80', ['http://example.com'], ['https://example.com']],
  ['10.1.2.3', ['http://10.1.2.3:5000'], ['http://10.1.2.30', 'http://a.10.1.2.3.example']],
  ['10.1.2.3:5000', ['http://10.1.2.3:5000'], ['http://10.1.2.3']],
  [
    '10.1.0.0/16,fd00::/8',
    ['http://10.1.255.1:5000', 'https://[fd12::1]:443'],
    ['http://10.2.0.1', 'http://[fe80::1]', 'http://registry.example'],
  ],
  ['10.1.2.3/16', ['http://10.1.9.9'], ['http://10.2.0.1']],
  ['0.0.0.0/0', ['http://10.2.0.1'], ['http://[fe80::1]', 'http://registry.example']],
  ['2001:db8::1', ['http://[2001:db8::1]:5000', 'http://[2001:db8:0::1]'], ['http://[2001:db8::2]']],
  ['[2001:db8::1]:5000', ['http://[2001:db8::1]:5000'], ['http://[2001:db8::1]:5001']],
  [' a.example , b.example\tc.example', ['http://a.example', 'http://b.example', 'http://c.example'], []],
  [
    '10.0.0.0/33,10.0.0.0/,/8,:80,::1::,a..b,.',
    [],
    ['http://10.0.0.1', 'https://example.com', 'http://[::2]'],
  ],
];

describe('NO_PROXY', () => {
  test.each(cases)('%j', (says, direct, proxied) => {
    const isDirect = parseNoProxy(says);
    expect(direct.filter((url) => !isDirect(new URL(url)))).toEqual([]);
    expect(proxied.filter((url) => isDirect(new URL(url)))).toEqual([]);
  });
});
