import { describe, expect, test } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { complaintsAbout, documentWith, problemsOf } from './sample.js';

const about = (dataDir: string) => complaintsAbout(documentWith({ etcd: { local: { dataDir } } }));

describe('a folder for etcd’s data', () => {
  test.each([
    ...[
      '/',
      '//',
      '/etc',
      '/etc/',
      '/home',
      '/home/ubuntu',
      '/root',
      '/var',
      '/var/lib',
      '/var/log',
      '/opt',
      '/srv',
      '/mnt',
    ],
    ...[
      '/tmp',
      '/tmp/etcd',
      '/run/etcd',
      '/var/run/etcd',
      '/var/tmp/etcd',
      '/dev/shm/etcd',
      '/proc/1',
      '/sys',
      '/boot',
    ],
    ...['/usr', '/usr/local/etcd', '/bin', '/lib/systemd', '/var/lib/dpkg', '/var/lib/systemd/etcd'],
    ...[
      '..',
      '/..',
      '/data/../etc',
      '/var/lib/etcd/../kubelet',
      '/var/lib/./etcd',
      '/var//lib/etcd',
      '/data/..',
    ],
    ...[
      '/etc/kubernetes',
      '/etc/kubernetes/pki/etcd',
      '/var/lib/kubelet',
      '/var/lib/kubelet/etcd',
      '/etc/cni',
    ],
    ...[
      '/var/lib/podstrap',
      '/var/lib/podstrap/etcd',
      '/var/lib/containerd',
      '/var/lib/containerd/etcd',
      '/opt/cni/bin',
    ],
    ...['/var/log/pods/x', '/etc/systemd/system', '/data/\u001b[2Jetcd'],
  ])('is not %s', (dataDir) => {
    expect(about(dataDir)).toHaveLength(1);
  });

  test.each([
    ...[
      '/var/lib/etcd',
      '/var/lib/etcd/',
      '/data',
      '/data/etcd',
      '/srv/etcd',
      '/mnt/disk1/etcd',
      '/opt/etcd',
    ],
    ...['/home/etcd/data', '/var/lib/etcd-prod', '/var/lib/kubelet-etcd', '/etcd', '/var/etcd'],
  ])('may be %s', (dataDir) => {
    expect(about(dataDir)).toEqual([]);
  });

  test('is none of podstrap’s own, nor around it', () => {
    for (const path of Object.values(paths)) expect(about(path), path).toHaveLength(1);
  });

  test('is told where it stands, and what would be one', () => {
    const [problem] = problemsOf(documentWith({ etcd: { local: { dataDir: '/etc' } } }));
    expect(problem).toMatchObject({
      path: 'spec.etcd.local.dataDir',
      found: '/etc, in which other things are as well',
      expected: expect.stringContaining('a folder of its own, such as /var/lib/etcd'),
    });
    expect(problem!.line).toBeGreaterThan(1);
  });
});
