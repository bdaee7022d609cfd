import { describe, expect, test } from 'vitest';
import { parseChallenges } from '../../src/bundle/fetch/challenge.js';
import { checksumIn } from '../../src/bundle/fetch/checksum-file.js';
import { mirrored } from '../../src/bundle/fetch/mirror.js';
import { parseImageName } from '../../src/kubernetes/image-name.js';

const digest = 'a'.repeat(64);
const other = 'b'.repeat(64);

describe('the name of an image', () => {
  test.each([
    ['registry.k8s.io/pause:3.10.2', 'registry.k8s.io', 'pause', '3.10.2'],
    ['registry.k8s.io/coredns/coredns:v1.14.2', 'registry.k8s.io', 'coredns/coredns', 'v1.14.2'],
    ['localhost/pause', 'localhost', 'pause', 'latest'],
    ['10.0.0.1:5000/a/b:c', '10.0.0.1:5000', 'a/b', 'c'],
    ['host:5000/a', 'host:5000', 'a', 'latest'],
    ['busybox', 'docker.io', 'library/busybox', 'latest'],
    ['docker.io/busybox:1', 'docker.io', 'library/busybox', '1'],
    ['rancher/pause:3', 'docker.io', 'rancher/pause', '3'],
    [`quay.io/a/b:tag@sha256:${digest}`, 'quay.io', 'a/b', `sha256:${digest}`],
    [`quay.io/a/b@sha256:${digest}`, 'quay.io', 'a/b', `sha256:${digest}`],
  ])('%s', (ref, registry, repository, reference) => {
    expect(parseImageName(ref)).toEqual({ registry, repository, reference });
  });
});

describe('a mirror', () => {
  const mirrors = {
    'https://dl.k8s.io': 'https://mirror/k8s',
    'https://dl.k8s.io/release/': 'https://mirror/releases/',
    'https://github.com/opencontainers': 'http://10.0.0.1:8080',
  };
  test.each([
    ['https://dl.k8s.io/other/x', 'https://mirror/k8s/other/x', 'stands in for what begins like its prefix'],
    [
      'https://dl.k8s.io/release/v1/x',
      'https://mirror/releases/v1/x',
      'gives way to one with a longer prefix',
    ],
    ['https://dl.k8s.io.evil/x', 'https://dl.k8s.io.evil/x', 'ends at a boundary of the path'],
    [
      'https://github.com/opencontainers-x/y',
      'https://github.com/opencontainers-x/y',
      'does not take a part of a name',
    ],
    ['https://github.com/opencontainers/runc', 'http://10.0.0.1:8080/runc', 'may have a port'],
    ['https://github.com/containerd', 'https://github.com/containerd', 'leaves all else alone'],
  ])('%s → %s: it %s', (url, expected) => {
    expect(mirrored(url, mirrors)).toBe(expected);
  });
});

describe('a checksum file', () => {
  test.each([
    ['a bare digest', `${digest}\n`, digest],
    ['a digest in capitals', digest.toUpperCase(), digest],
    ['one line of sha256sum', `${digest}  runc.amd64\n`, digest],
    ['binary mode', `${digest} *runc.amd64\n`, digest],
    ['a path before the name', `${digest}  ./out/runc.amd64`, digest],
    ['the right one of several lines', `${other}  runc.arm64\n${digest}  runc.amd64\n`, digest],
    ['lines that are no digests', `# sums\n\n${digest}  runc.amd64\n`, digest],
    ['Windows line ends', `${digest}  runc.amd64\r\n`, digest],
    ['only other files', `${other}  runc.arm64\n`, undefined],
    ['a longer name', `${other}  runc.amd64.asc\n`, undefined],
    ['a digest that is too short', digest.slice(1), undefined],
    ['a page that says sorry', '<html>Not found</html>', undefined],
    ['nothing', '', undefined],
  ])('with %s', (_, text, expected) => {
    expect(checksumIn(text, 'runc.amd64')).toBe(expected);
  });
});

describe('a challenge', () => {
  test.each([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:a/b:pull,push',
          },
        },
      ],
    ],
    ['Basic realm="a \\"b\\""', [{ scheme: 'basic', parameters: { realm: 'a "b"' } }]],
    [
      'Negotiate, Basic realm=x, Bearer realm = "https://y/token" , service=z',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'basic', parameters: { realm: 'x' } },
        { scheme: 'bearer', parameters: { realm: 'https://y/token', service: 'z' } },
      ],
    ],
    ['', []],
    ['"', []],
  ])('%s', (header, expected) => {
    expect(parseChallenges(header)).toEqual(expected);
  });
});

test('credentials in the address of a mirror are in no address that is asked, noted or told', () => {
  const mirrors = { 'https://dl.k8s.io': 'http://ann:p%40ss@mirror:8080/k8s/' };
  expect(mirrored('https://dl.k8s.io/release/x', mirrors)).toBe('http://mirror:8080/k8s/release/x');
});
