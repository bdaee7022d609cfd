import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './command.js';
import { fingerprint } from './fingerprint.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';

const hosts = namedHosts('bare', 2, 11);
const [one, two] = hosts as [LabHost, LabHost];

describe('lab hosts', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ hosts });
  });
  afterAll(() => lab?.down());

  /** Through the network, as podstrap comes. */
  const ssh = (user: string, ip: string, command: string, input?: string) =>
    runCommand(
      'ssh',
      [
        ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=1'],
        ...['-o', 'IdentitiesOnly=yes', '-q', '-i', lab.identityFile, `${user}@${ip}`, command],
      ],
      input === undefined ? {} : { input },
    );

  it('are machines of their own, with nothing of Kubernetes', async () => {
    const ids = await Promise.all(hosts.map(({ name }) => lab.read(name, 'cat /etc/machine-id')));
    expect(new Set(ids).size).toBe(2);
    const keys = await Promise.all(hosts.map(({ name }) => lab.read(name, 'cat /etc/ssh/*_ed25519_key.pub')));
    expect(new Set(keys).size).toBe(2);
    expect((await lab.exec(one.name, 'command -v containerd kubelet runc python3')).code).not.toBe(0);
  });

  it('know users with and without the right to sudo', async () => {
    expect((await ssh('opsn', one.ip, 'sudo -n id -u')).stdout).toBe('0\n');
    expect((await ssh('ops', one.ip, 'sudo -n id -u')).code).not.toBe(0);
    expect((await ssh('ops', one.ip, 'sudo -S -p "" id -u', 'lab password\n')).stdout).toBe('0\n');
    expect((await ssh('nosudo', one.ip, 'sudo -n id -u')).code).not.toBe(0);
  });

  it('keep their disk and their identity over a power cut, and nothing else', async () => {
    await lab.read(
      one.name,
      'echo kept >/var/lib/kept; echo lost >/run/lost; sleep 1000 >/dev/null 2>&1 & cat /etc/machine-id',
    );
    const before = await fingerprint(lab, one.name);
    await lab.powerCut(one.name);
    expect((await ssh('root', one.ip, 'true')).code).toBe(255);
    expect(await fingerprint(lab, one.name)).toEqual(before);
    await lab.start(one.name);
    expect(await lab.read(one.name, 'cat /var/lib/kept; ls /run/lost 2>&1 || pgrep sleep || true')).toMatch(
      /^kept\n.*No such file.*\n$/,
    );
    expect(await fingerprint(lab, one.name)).toEqual(before);
  });

  it('can be cut off the network while they run', async () => {
    await lab.cut(one.name);
    expect((await ssh('root', one.ip, 'true')).code).toBe(255);
    expect(await lab.read(one.name, 'hostname')).toBe(`${one.name}\n`);
    await lab.join(one.name);
    expect((await ssh('root', one.ip, 'true')).code).toBe(0);
  });

  it('reach each other', async () => {
    expect((await lab.exec(one.name, `timeout 2 bash -c '</dev/tcp/${two.ip}/22'`)).code).toBe(0);
  });

  it('can be given a disk that is too small', async () => {
    await lab.limit(two.name, '/etc/kubernetes', '64k');
    const full = await lab.exec(two.name, 'head -c 100000 /dev/zero >/etc/kubernetes/file');
    expect(full.stderr).toContain('No space left on device');
    await lab.unlimit(two.name, '/etc/kubernetes');
  });

  it('belong to one run at a time', async () => {
    await expect(startLab({ hosts: [] })).rejects.toThrow(/another run uses the lab/);
    expect(await lab.read(two.name, 'hostname')).toBe(`${two.name}\n`);
  });

  it('can be made anew', async () => {
    await lab.fresh(one.name);
    expect((await lab.exec(one.name, 'cat /var/lib/kept')).code).toBe(1);
  });
});
