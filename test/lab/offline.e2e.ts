import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cutOff, type Seat, takeSeat } from './air-gap.js';
import { everyApiServerWorks, nodesOf } from './api-objects.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, type Operator } from './operator.js';

const hosts = namedHosts('gap', Number(process.env.LAB_OFFLINE_HOSTS ?? 1), 71);
const [host] = hosts as [LabHost];

describe('a bundle and SSH are enough', () => {
  let lab: Lab;
  let seat: Seat;
  let operator: Operator;
  let watched: { attempts(): Promise<number> }[];
  let bundle: string;
  const up = () => operator.up('--bundle', bundle);
  const nothingLeft = async () => {
    const plan = await operator.podstrap(['plan', '--detailed-exitcode', '--bundle', bundle]);
    expect(plan).toMatchObject({ code: 0 });
  };
  beforeAll(async () => {
    lab = await startLab({ hosts });
    const online = await newOperator(lab, inject('artifacts'));
    await online.write({});
    await must(online.podstrap(['bundle', 'create', '--arch', 'amd64', '--out', 'lab.tar']));
    seat = await takeSeat(lab);
    operator = await newOperator(lab, {}, seat.within);
    bundle = join(operator.directory, 'lab.tar');
    await copyFile(join(online.directory, 'lab.tar'), bundle);
    await online.leave();
    await operator.write({});
    watched = await Promise.all(hosts.map((one) => cutOff(lab, one)));
  });
  afterAll(async () => {
    await operator?.leave();
    await seat?.leave();
    await lab?.down();
  });

  it('for a bootstrap', async () => {
    await must(up());
    await nothingLeft();
    expect(await nodesOf(operator, host.ip)).toEqual(hosts.map(({ name }) => name));
    await everyApiServerWorks(lab, operator);
  });

  it('for a change', async () => {
    const changed = {
      apiServer: { extraArgs: [{ name: 'v', value: '3' }] },
      timeouts: { watchAfterChange: '3s' },
    };
    await operator.write({ spec: changed });
    await must(up());
    await nothingLeft();
    expect(
      await lab.read(host.name, 'cat /proc/$(pgrep -x kube-apiserver)/cmdline | tr "\\0" " "'),
    ).toContain('--v=3');
  });

  it('for an image that was removed, and for one whose content is gone', async () => {
    const ctr = (words: string) => lab.read(host.name, `ctr -n k8s.io ${words}`);
    const list = (await ctr('images ls -q')).split('\n');
    const scheduler = list.find((name) => name.includes('/kube-scheduler:'))!;
    await ctr(`images rm --sync ${scheduler}`);
    const etcd = (await ctr('images ls')).split('\n').find((line) => line.includes('/etcd:'))!;
    const manifest = /sha256:[0-9a-f]{64}/.exec(etcd)![0];
    const layer = (await ctr(`content get ${manifest}`)).match(/sha256:[0-9a-f]{64}/g)!.at(-1)!;
    await ctr(`content rm ${layer}`);
    expect(await ctr('images ls -q')).not.toContain(scheduler);
    await must(up());
    expect(await ctr('images ls -q')).toContain(scheduler);
    expect(await ctr('content ls -q')).toContain(layer);
    await nothingLeft();
  });

  it('and nobody tried to reach anything else', async () => {
    expect(await seat.attempts()).toBe(0);
    expect(await Promise.all(watched.map((one) => one.attempts()))).toEqual(hosts.map(() => 0));
  });

  it('which the filter would have seen', async () => {
    const asked = await operator.podstrap(['bundle', 'create', '--arch', 'amd64', '--out', 'more.tar']);
    expect(asked.code).not.toBe(0);
    expect(await seat.attempts()).toBeGreaterThan(0);
  });
});
