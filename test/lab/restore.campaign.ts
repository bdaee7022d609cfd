import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checked, told } from './check.js';
import type { Ended } from './command.js';
import { etcdMembership } from './etcd.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { apiServersReady, must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';

const hosts = namedHosts('back', 3, 51);
const [first, second, third] = hosts as [LabHost, LabHost, LabHost];
const names = hosts.map(({ name }) => name);

describe('three control planes go back to a snapshot of etcd', () => {
  let lab: Lab;
  let operator: Operator;
  let snapshot: string;
  let clusterId: string;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    snapshot = join(operator.directory, 'then.db');
    await operator.write({});
    await must(operator.up());
    await operator.kubectl(first.ip, 'create', 'configmap', 'kept');
    await must(operator.podstrap(['etcd', 'snapshot', '--out', snapshot]));
    ({ clusterId } = await etcdMembership(lab, first.name));
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });

  /** What was written since: one object less and one more. */
  const goOn = async () => {
    await operator.kubectl(first.ip, 'delete', 'configmap', 'kept');
    await operator.kubectl(second.ip, 'create', 'configmap', 'later');
  };
  const maps = async (ip: string) =>
    (await operator.kubectl(ip, 'get', 'configmaps', '-o', 'name'))
      .trim()
      .split('\n')
      .filter((name) => !name.includes('kube-root-ca'));
  const restore = (options: Parameters<Operator['podstrap']>[1] = {}): Promise<Ended> =>
    operator.podstrap(['etcd', 'restore', snapshot, '--yes'], options);
  const setAside = async (host: string) =>
    (await readdir(lab.path(host, '/var/lib/etcd'))).filter((name) => name.startsWith('member.'));

  /** That every API server has the objects of then, and etcd is whole: a cluster that none was before. */
  const expectThen = async (members: readonly LabHost[] = hosts) => {
    await expectWhole(members);
    const now = await etcdMembership(lab, first.name);
    expect(now.clusterId).not.toBe(clusterId);
    ({ clusterId } = now);
  };
  const expectWhole = async (members: readonly LabHost[] = hosts) => {
    for (const { ip } of members) expect(await maps(ip)).toEqual(['configmap/kept']);
    const voters = members.map(({ name }) => ({ name, learner: false }));
    for (const { name } of members) {
      const seen = await etcdMembership(lab, name);
      expect(seen.members).toEqual(voters);
      expect(existsSync(lab.path(name, '/var/lib/etcd/podstrap-restore'))).toBe(false);
      expect(existsSync(lab.path(name, '/var/lib/podstrap/restoring'))).toBe(false);
    }
    const mounted = await lab.exec(first.name, 'grep podstrap/etcd-image /proc/mounts');
    expect(mounted.stdout).toBe('');
  };

  it('brings back what was deleted, and takes away what was written since', async () => {
    await goOn();
    const before = await revision(operator, first.ip);
    const began = performance.now();
    await must(restore());
    console.log(`restore: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await expectThen();
    for (const name of names) expect(await setAside(name)).toHaveLength(1);
    expect(await revision(operator, first.ip)).toBeGreaterThan(before);
    await nothingToDo(operator);
  });

  it('has nodes and pods that know of no time that went back', async () => {
    await until('the nodes are ready', async () => {
      const said = await operator.kubectl(
        first.ip,
        ...['get', 'nodes', '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'],
      );
      return said === 'True True True';
    });
    expect(told(await checked(operator, first.ip, '--wait', '2m'))).toEqual([]);
  });

  it.each(['stop: stopped', 'restore: the previous data', 'start: started'])(
    'ends well when the operator is killed after "%s" and the same command is given again',
    async (words) => {
      await goOn();
      let said = '';
      const ended = await restore({
        onStart: (child) =>
          child.stderr?.on('data', (text: string) => {
            said += text;
            if (said.includes(words)) child.kill('SIGKILL');
          }),
      });
      expect(ended).toMatchObject({ code: 137 });
      await must(restore());
      await expectThen();
      await nothingToDo(operator);
    },
  );

  it('ends well when a host loses its power while data takes its place', async () => {
    await goOn();
    let cut: Promise<void> | undefined;
    let said = '';
    const ended = await restore({
      onOutput: (text) => {
        said += text;
        if (said.includes('stop: stopped')) cut ??= lab.powerCut(second.name);
      },
    });
    await cut;
    expect(ended.code).not.toBe(0);
    expect(await restore()).toMatchObject({ code: 75 });
    await lab.start(second.name);
    await must(restore());
    await expectThen();
    await nothingToDo(operator);
  });

  it('goes on with the data of one member when one host is new and another has none', async () => {
    for (const name of names) await lab.powerCut(name);
    const copy = join(operator.directory, 'db');
    await copyFile(lab.path(first.name, '/var/lib/etcd/member/snap/db'), copy);
    await rm(lab.path(second.name, '/var/lib/etcd/member'), { recursive: true });
    await lab.start(first.name);
    await lab.start(second.name);
    await lab.replace(third);
    await forgetKeys(operator, third.ip);
    // The one that is left waits for the others, and tells nobody that it is alone.
    expect(await operator.up()).toMatchObject({
      code: 75,
      stderr: expect.stringContaining('docs/recovery.md'),
    });
    await must(operator.podstrap(['etcd', 'restore', copy, '--skip-hash-check', '--yes']));
    await expectThen([first, second]);
    await must(operator.up());
    await expectWhole();
    await apiServersReady(operator, hosts);
    await nothingToDo(operator);
  });

  it('brings its data to a cluster that was made anew with the same keystore', async () => {
    await must(operator.podstrap(['reset', '--all', '--yes']));
    await must(operator.up());
    expect(await maps(first.ip)).toEqual(['']);
    await must(restore());
    await expectThen();
    await must(operator.up());
    await nothingToDo(operator);
  });
});

/** A host that was made anew has other keys, and its operator knows. */
async function forgetKeys({ directory }: Operator, ip: string): Promise<void> {
  const file = join(directory, '.podstrap', 'lab', 'known_hosts');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, lines.filter((line) => !line.includes(ip)).join('\n'));
}

/** The revision of the data, as a client sees it. */
async function revision(operator: Operator, ip: string): Promise<number> {
  const list = await operator.kubectl(ip, 'get', '--raw', '/api/v1/namespaces/default/configmaps');
  return Number((JSON.parse(list) as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
}
