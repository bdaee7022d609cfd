import { expect, test } from 'vitest';
import { parseProxy } from '../../src/bundle/fetch/parse-proxy.js';

test.each([
  ['', undefined],
  ['  ', undefined],
  ['http://proxy.example:3128', 'http://proxy.example:3128/'],
  ['https://proxy.example', 'https://proxy.example/'],
  ['proxy.example:3128', 'http://proxy.example:3128/'],
  ['proxy', 'http://proxy/'],
  ['10.0.0.1:3128', 'http://10.0.0.1:3128/'],
  ['[2001:db8::1]:3128', 'http://[2001:db8::1]:3128/'],
  ['user:pass word@proxy:3128', 'http://user:pass%20word@proxy:3128/'],
  ['socks5://proxy:1080', 'socks5://proxy:1080'],
])('%j', (text, url) => {
  expect(parseProxy('HTTPS_PROXY', text)?.href).toBe(url);
});

test.each([
  ['ftp://user:secret@proxy:21', 'podstrap does not know proxies of the kind ftp://'],
  ['http://', 'its value is not the address of a proxy'],
  ['user:secret@proxy:port', 'its value is not the address of a proxy'],
])('%s is refused, and not shown', (text, said) => {
  const failing = () => parseProxy('HTTPS_PROXY', text);
  expect(failing).toThrow(expect.objectContaining({ kind: 'usage', doing: 'Reading HTTPS_PROXY', said }));
  expect(failing).toThrow(expect.not.objectContaining({ message: expect.stringContaining('secret') }));
});
