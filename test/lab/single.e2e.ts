import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { release } from '../../src/kubernetes/versions.js';
import { everyApiServerWorks, nodesOf } from './api-objects.js';
import { output } from './command.js';
import { fingerprint } from './fingerprint.js';
import { changes, type HostState, hostState } from './host-state.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { inhabit } from './inhabit.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';

const [host] = namedHosts('solo', 1, 21) as [LabHost];
const manifests = '/etc/kubernetes/manifests';
const units = '/etc/systemd/system';

/** What sudo's secure_path is on hosts of the RHEL family: without /usr/local. */
const sudoersOfRhel = `echo 'Defaults secure_path = /sbin:/bin:/usr/sbin:/usr/bin' >/etc/sudoers.d/secure-path; chmod 440 /etc/sudoers.d/secure-path`;

/** Of what takes half a minute each, the first is tried, and all in the campaign. */
const isCampaign = process.env['LAB_CAMPAIGN'] === '1';

/** What a person does to a unit, with systemd's knowledge and behind its back. */
const byHand: Readonly<Record<string, (unit: string) => string>> = {
  disabled: (unit) => `systemctl disable -q ${unit}`,
  unlinked: (unit) => `rm ${units}/*.wants/${unit}`,
  'disabled and stopped': (unit) => `systemctl disable -q --now ${unit}`,
  masked: (unit) => `ln -sfn /dev/null ${units}/${unit}; systemctl daemon-reload`,
  edited: (unit) => `echo '# by hand' >>${units}/${unit}`,
  'edited and read again': (unit) => `echo '# by hand' >>${units}/${unit}; systemctl daemon-reload`,
  removed: (unit) => `rm ${units}/${unit}`,
  'removed and forgotten': (unit) => `rm ${units}/${unit} ${units}/*.wants/${unit}; systemctl daemon-reload`,
  'given a drop-in': (unit) =>
    `mkdir -p ${units}/${unit}.d; printf '[Service]\\nNice=1\\n' >${units}/${unit}.d/by-hand.conf; systemctl daemon-reload`,
};

describe('one control plane, by a user with sudo', () => {
  let lab: Lab;
  let operator: Operator;
  let bare: ReadonlyMap<string, string>;
  let wholly: HostState;
  beforeAll(async () => {
    lab = await startLab({ hosts: [host] });
    operator = await newOperator(lab, inject('artifacts'));
    await lab.read(host.name, sudoersOfRhel);
    bare = await fingerprint(lab, host.name);
    wholly = await hostState(lab, host.name);
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const unchanged = async () => expect(await fingerprint(lab, host.name)).toEqual(bare);
  const sudoer = { user: 'opsn', become: 'sudo' };

  it('a wrong key is refused, and the host named', async () => {
    const stranger = join(operator.directory, 'stranger');
    await output('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
    await operator.write({ identityFile: stranger });
    const ended = await operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(host.name) });
    await unchanged();
  });

  it('a user without sudo is refused before anything is changed', async () => {
    await operator.write({ ssh: { ...sudoer, user: 'nosudo' } });
    const ended = await operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/sudo/) });
    await unchanged();
  });

  it('a taken port 6443 is found beforehand, and the one who has it', async () => {
    await operator.write({ ssh: sudoer });
    await lab.read(
      host.name,
      `echo '${squatter}' >/run/squatter && systemd-run --quiet --unit=squatter perl /run/squatter`,
    );
    await until('the squatter listens', () => lab.read(host.name, 'ss -Hltn sport = :6443 | grep -q .'));
    const ended = await operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/6443.*perl|perl.*6443/s) });
    await unchanged();
    await lab.read(host.name, 'systemctl stop squatter');
  });

  it('a folder for programs that is mounted read-only is found beforehand', async () => {
    await operator.write({ ssh: sudoer });
    await lab.read(host.name, 'mount --bind /usr/local /usr/local && mount -o remount,bind,ro /usr/local');
    const ended = await operator.up();
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/usr/local is read-only (file system /usr/local)'),
    });
    await lab.read(host.name, 'umount /usr/local');
    await unchanged();
  });

  it('a full disk stops it with a message that says so', async () => {
    await lab.limit(host.name, '/etc/kubernetes', '16k');
    const ended = await operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(host.name) });
    expect(ended.stderr).toMatch(/space/);
    await lab.unlimit(host.name, '/etc/kubernetes');
  });

  it('an API server that never gets ready is reported in its own words', async () => {
    await operator.write({
      ssh: sudoer,
      spec: {
        apiServer: { extraArgs: [{ name: 'no-such-flag', value: 'at-all' }] },
        timeouts: { controlPlaneComponentHealthCheck: '30s' },
      },
    });
    const ended = await operator.up();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown flag: --no-such-flag') });
  });

  it('up then makes a control plane, and nothing is left to do', async () => {
    await operator.write({ ssh: sudoer });
    await must(operator.up());
    await nothingToDo(operator);
    expect((await must(operator.up())).code).toBe(0);
  });

  it('kubectl works through it', async () => {
    expect(await nodesOf(operator, host.ip)).toEqual([host.name]);
    await everyApiServerWorks(lab.hosts, operator);
  });

  it('status is JSON that names the host', async () => {
    const { stdout } = await must(operator.podstrap(['status', '-o', 'json']));
    expect(JSON.stringify(JSON.parse(stdout))).toContain(host.name);
  });

  describe('a static pod of one’s own', () => {
    /** A server of names on the network of the host, with a file of its own. @param plugin what answers with it */
    const serve = async (plugin: string) => {
      const { coredns } = release(lab.settings.kubernetesVersion).tags;
      const container = {
        name: 'dns',
        image: `registry.k8s.io/coredns/coredns:${coredns}`,
        args: ['-conf', '/etc/coredns/Corefile'],
        readinessProbe: { httpGet: { path: '/ready', port: 8282 }, periodSeconds: 1 },
      };
      const pod = { apiVersion: 'v1', kind: 'Pod', spec: { hostNetwork: true, containers: [container] } };
      await writeFile(join(operator.directory, 'dns.yaml'), dump(pod));
      const text = `{{values.zone}}:5300 {\n  bind 127.0.0.1\n  ready :8282\n  log\n  ${plugin}\n}\n`;
      await writeFile(join(operator.directory, 'Corefile'), text);
      const files = [{ source: 'Corefile', path: '/etc/coredns/Corefile', template: true }];
      await operator.write({
        ssh: sudoer,
        spec: {
          values: { zone: 'own.example' },
          staticPods: [{ name: 'dns', manifest: 'dns.yaml', files }],
          timeouts: { controlPlaneComponentHealthCheck: '1m' },
        },
      });
    };
    const corefile = () => lab.read(host.name, 'cat /var/lib/podstrap/pods/dns/*/etc/coredns/Corefile');
    /** Asked by a program of this machine in the network of the host. */
    const ready = async () => {
      const words = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'http://127.0.0.1:8282/ready'];
      return (await lab.within(host.name, '/proc/1/ns/net', words)).stdout;
    };

    it('runs beside the control plane, with its file, and the API shows it', async () => {
      await serve('whoami');
      await must(operator.up());
      await nothingToDo(operator);
      expect(await ready()).toBe('200');
      expect(await corefile()).toContain('own.example:5300 {');
      const pods = await operator.kubectl(host.ip, 'get', 'pods', '-n', 'default', '-o', 'name');
      expect(pods).toContain(`pod/dns-${host.name}`);
    });

    it('is looked at and entered with nothing but SSH', async () => {
      const ran = await must(operator.podstrap(['exec', host.name, 'dns', '--', '/coredns', '-version']));
      expect(`${ran.stdout}${ran.stderr}`).toContain('CoreDNS');
      expect((await must(operator.podstrap(['logs', 'dns']))).stdout).toContain('CoreDNS');
    });

    it('that does not start with another file goes back to the one of before', async () => {
      await serve('no-such-plugin');
      const ended = await operator.up();
      expect(ended.code, ended.stderr).toBe(1);
      expect(`${ended.stdout}${ended.stderr}`).toContain('no-such-plugin');
      expect(await corefile()).toContain('whoami');
      await until('it serves as before', async () => (await ready()) === '200');
      await serve('whoami');
      await nothingToDo(operator);
    });

    it('that is asked for no longer goes with its files, also where the machine’s own ssh logs in', async () => {
      await operator.write({ ssh: { ...sudoer, client: 'openssh' } });
      await must(operator.up());
      await nothingToDo(operator);
      expect(
        await lab.read(host.name, `ls -A ${manifests} /var/lib/podstrap/pods 2>/dev/null || true`),
      ).not.toContain('dns');
      await operator.write({ ssh: sudoer });
      await nothingToDo(operator);
    });
  });

  it('a manifest that someone tampered with is shown by plan and healed by up', async () => {
    const path = `${manifests}/kube-scheduler.yaml`;
    const before = await lab.read(host.name, `cat ${path}`);
    await lab.read(host.name, `sed -i 's/--leader-elect=true/--leader-elect=false/' ${path}`);
    const plan = await operator.plan();
    expect(plan.code).toBe(2);
    expect(plan.stdout).toContain('--leader-elect=false');
    await must(operator.up());
    expect(await lab.read(host.name, `cat ${path}`)).toBe(before);
    await nothingToDo(operator);
  });

  describe('after a person was at every unit of ours', () => {
    let ours: readonly string[];
    beforeAll(async () => {
      const files = (await lab.read(host.name, `ls ${units}`)).trim().split('\n');
      ours = files.filter((name) => name.endsWith('.service') && !bare.has(`${units}/${name}`));
      expect(ours).toEqual(expect.arrayContaining(['containerd.service', 'kubelet.service']));
    });

    it.each(Object.entries(byHand).slice(0, isCampaign ? undefined : 1))(
      '%s: plan sees it, up mends it, and nothing is left to do',
      async (_, change) => {
        await lab.read(host.name, ours.map(change).join('\n'));
        expect((await operator.podstrap(['plan', '--detailed-exitcode', '--prune'])).code).toBe(2);
        await must(operator.up('--prune'));
        await nothingToDo(operator);
      },
    );

    it.runIf(isCampaign)('settings, modes, programs and files: the same', async () => {
      await lab.read(
        host.name,
        'sysctl -q -w vm.overcommit_memory=0; chmod 0777 /etc/kubernetes /etc/kubernetes/admin.conf; rm /usr/local/bin/kubectl /etc/sysctl.d/*podstrap* /etc/modules-load.d/*podstrap* && rm -r /etc/cni/net.d',
      );
      expect((await operator.plan()).code).toBe(2);
      await must(operator.up());
      await nothingToDo(operator);
    });
  });

  it('comes back from a power cut by itself', async () => {
    await lab.powerCut(host.name);
    await lab.start(host.name);
    await until('the API server is ready', () => operator.kubectl(host.ip, 'get', '--raw', '/readyz'));
    await until('there is nothing to do', () => nothingToDo(operator));
    expect(await operator.kubectl(host.ip, 'get', 'namespace', 'through-0', '-o', 'name')).toContain(
      'through-0',
    );
  });

  it('hosts keep no secret and no key of a run, and a renewed certificate does not stand in the way back', async () => {
    const runs = () => lab.read(host.name, 'ls /var/lib/podstrap/generations');
    const before = (await runs()).trim().split('\n').at(-1)!;
    const { registries, ...artifacts } = inject('artifacts') as { readonly registries?: object };
    await operator.write({
      ssh: sudoer,
      spec: { scheduler: { extraArgs: [{ name: 'v', value: '3' }] } },
      artifacts: {
        ...artifacts,
        registries: { ...registries, 'registry.invalid': { username: 'me', password: 'geheim' } },
      },
    });
    await must(operator.up());
    await must(operator.podstrap(['certs', 'renew', 'kubelet-server', '--yes']));
    const remembered = await lab.exec(host.name, 'grep -rlE "geheim|PRIVATE KEY" /var/lib/podstrap');
    expect(remembered).toMatchObject({ code: 1, stdout: '' });
    await must(operator.podstrap(['rollback', before, '--yes']));
    await operator.write({ ssh: sudoer });
    await nothingToDo(operator);
  });

  it('reset asks first', async () => {
    const ended = await operator.podstrap(['reset', '--all']);
    expect(ended).toMatchObject({ code: 64, stderr: expect.stringContaining('--yes') });
    expect(await nodesOf(operator, host.ip)).toEqual([host.name]);
  });

  it('reset returns it to what it was, but for what others have put there', async () => {
    await inhabit(lab, operator, host, [host]);
    const theirs = [
      '/etc/kubernetes/theirs.yaml',
      '/opt/cni/bin/theirs',
      '/etc/systemd/system/theirs.service',
    ];
    for (const path of theirs) await writeFile(lab.path(host.name, path), 'theirs');
    const ended = await must(operator.podstrap(['reset', '--all', '--yes']));
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('what is mounted');
    const left = changes(wholly, await hostState(lab, host.name));
    for (const path of theirs) expect(left.join('\n')).toContain(`files + ${path} file`);
    const folders = ['/etc/kubernetes', '/opt/cni', '/opt/cni/bin'];
    const known = [...theirs, ...folders];
    expect(left.filter((line) => !known.some((path) => line.startsWith(`files + ${path} `)))).toEqual([]);
  });

  it('and a new cluster can be made on the same host', async () => {
    await must(operator.up());
    await nothingToDo(operator);
  });
});

const squatter =
  'use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 6443, Listen => 1, ReuseAddr => 1) or die; sleep';
