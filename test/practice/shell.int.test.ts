import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeSite, startPracticeSite } from '../../src/practice/practice-site.js';
import { type Client, login } from './client.js';

let site: PracticeSite;
let client: Client;

beforeAll(async () => {
  site = await startPracticeSite({
    directory: mkdtempSync(join(tmpdir(), 'practice-')),
    hosts: [{ name: 'cp-1', address: '10.0.0.11' }],
  });
  client = await login(site.hosts[0]!, site.identityFile);
});

afterAll(async () => {
  client.close();
  await site.close({ remove: true });
});

const output = async (script: string, stdin?: string) => {
  const { code, stdout, stderr } = await client.run(script, stdin);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout.trimEnd();
};

describe('a script on a practice host', () => {
  test('sees a bare Debian with systemd and cgroup v2, as root', async () => {
    expect(await output('id -u; . "$R/etc/os-release"; echo $ID; hostname; nproc; uname -r')).toBe(
      '0\ndebian\ncp-1\n2\n6.12.0-practice',
    );
    expect(await output('ls -d "$R/sys/fs/cgroup/cgroup.controllers" "$R/run/systemd/system"')).not.toBe('');
  });

  test('runs as nobody in truth, with nothing of this process in its environment', async () => {
    expect(await output('set -- $(env | cut -d= -f1 | sort); echo $*')).toBe(
      'HOME LANG LOGNAME PATH PODSTRAP_ROOT PRACTICE_HOST PWD R TMPDIR USER',
    );
    const uid = process.getuid?.() === 0 ? '65534' : String(process.getuid?.());
    expect(
      await output(
        'cut -d" " -f1 /proc/self/loginuid >/dev/null; sed -n "s/^Uid:.\\([0-9]*\\).*/\\1/p" /proc/self/status',
      ),
    ).toBe(uid);
  });

  test('gets its input, and its output, errors and exit code come back', async () => {
    expect(await client.run('cat; echo no >&2; exit 7', 'données')).toEqual({
      code: 7,
      signal: undefined,
      stdout: 'données',
      stderr: 'no\n',
    });
  });

  test('that a signal ends says which', async () => {
    expect(await client.run('kill -TERM $$')).toMatchObject({ code: undefined, signal: 'SIGTERM' });
  });

  test('owns its files as root', async () => {
    expect(
      await output('cd "$R/tmp"; echo x >f; chmod 640 f; chown 0:0 f; stat -c "%a %u:%g %U:%G %s %F %n" f'),
    ).toBe('640 0:0 root:root 2 regular file f');
  });

  test('may use only what is known: anything else fails and is noted', async () => {
    expect(await client.run('apt-get install kubelet')).toMatchObject({ code: 127 });
    expect(await client.run('stat --printf=%n /')).toMatchObject({ code: 64 });
    expect(await client.run('modprobe overly')).toMatchObject({ code: 1 });
    expect(await client.run('reboot')).toMatchObject({ code: 64 });
    expect(await client.run('command -v crictl')).toMatchObject({ code: 127 });
    expect(site.refused).toEqual(['cp-1: apt-get', 'cp-1: stat --printf=%n /', 'cp-1: reboot']);
  });

  test('replaces routes in one batch, each by its destination, and knows no other command there', async () => {
    const batch = (lines: readonly string[]) => client.run('ip -batch -', `${lines.join('\n')}\n`);
    await batch([
      '',
      'route replace 10.244.1.0/24 via 10.0.0.2 proto 144',
      'route replace 10.244.2.0/24 via 10.0.0.3 proto 144',
    ]);
    await batch(['route replace 10.244.1.0/24 via 10.0.0.4 proto 144']);
    const routes = [
      '10.244.2.0/24 via 10.0.0.3 dev eth0 proto 144',
      '10.244.1.0/24 via 10.0.0.4 dev eth0 proto 144',
    ];
    expect(await output('ip -4 route show proto 144')).toBe(routes.join('\n'));
    const other = await batch(['route add 10.244.3.0/24 via 10.0.0.5 proto 144']);
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain('route add');
    expect(await output('ip -4 route show proto 144')).toBe(routes.join('\n'));
    await output('ip route del 10.244.1.0/24 proto 144; ip route del 10.244.2.0/24 proto 144');
  });

  test('loads modules and sets what they bring', async () => {
    expect(await client.run('sysctl -q -w net.bridge.bridge-nf-call-iptables=1')).toMatchObject({ code: 1 });
    await output('modprobe overlay && modprobe br_netfilter && sysctl -q -w net.ipv4.ip_forward=1');
    expect(
      await output(
        'cut -d" " -f1 "$R/proc/modules"; sysctl -n net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables',
      ),
    ).toBe('overlay\nbr_netfilter\n1\n1');
  });

  test('sees who listens', async () => {
    const end = site.faults('cp-1').occupyPort(6443, 'haproxy');
    expect(await output('ss -Hltnp')).toMatch(/\*:22 .*sshd.*\n.*\*:6443 .*"haproxy"/s);
    end();
    expect(await output('ss -Hltnp')).not.toMatch('6443');
  });

  test('asks about disks in POSIX format', async () => {
    expect(await output('df -Pk "$R/etc" "$R/var" | awk "{print \\$1, \\$4}"')).toBe(
      'Filesystem Available\n/dev/vda1 41943040\n/dev/vda1 41943040',
    );
  });
});
