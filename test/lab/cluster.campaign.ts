import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Asked } from './asking.js';
import { checked, told, unwell } from './check.js';
import { etcdLeader, etcdMembership } from './etcd.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { apiServersReady, must, newOperator, nothingToDo, type Operator } from './operator.js';
import { openShop, type Shop } from './shop.js';
import { until } from './until.js';
import { startWriter, type Writer } from './writer.js';

const all = namedHosts('town', 5, 131);
const [first, second, third] = all as [LabHost, LabHost, LabHost];
const controlPlanes = [first, second, third];
const workers = all.slice(3);
const [steady, moving] = workers as [LabHost, LabHost];
/** Where the second worker lives after it was replaced. */
const moved: LabHost = { ...moving, ip: moving.ip.replace(/\d+$/, '141') };

/** Milliseconds that a cable is cut, and that there is no control plane. */
const [cableTime, darkTime] = [120_000, 60_000];

describe('three control planes and two workers', () => {
  let lab: Lab;
  let operator: Operator;
  let shop: Shop;
  let writer: Writer;
  let [members, settings]: [readonly LabHost[], Readonly<Record<string, unknown>>] = [all, {}];

  beforeAll(async () => {
    lab = await startLab({ hosts: all });
    operator = await newOperator(lab, inject('artifacts'));
    await restate();
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });

  const restate = (
    wanted: { members?: readonly LabHost[]; spec?: Readonly<Record<string, unknown>> } = {},
  ) => {
    members = wanted.members ?? members;
    settings = wanted.spec ?? settings;
    return operator.write({
      hosts: members.map((host) => ({
        ...host,
        roles: [controlPlanes.includes(host) ? 'control-plane' : 'worker'],
      })),
      spec: { timeouts: { watchAfterChange: '2s' }, ...settings },
    });
  };
  const upAgain = async () => {
    const ended = await must(operator.up());
    await until('there is nothing to do', () => nothingToDo(operator));
    return ended.stdout + ended.stderr;
  };
  /** The plan may look for a while at what is still getting up; `up` has nothing to do with it. */
  const comesBackByItself = async () => {
    await until('there is nothing to do', () => nothingToDo(operator), 300);
    await apiServersReady(operator, controlPlanes);
    for (const { name } of members)
      await until(`${name} is ready`, () =>
        operator.kubectl(first.ip, ...['wait', '--for=condition=Ready', `node/${name}`, '--timeout=1s']),
      );
  };
  /** Of a node's condition, as the API server of another one has it. */
  const readiness = (server: LabHost, { name }: LabHost) =>
    operator.kubectl(
      server.ip,
      ...['get', 'node', name, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'],
    );
  const written = () => {
    const { acknowledged, retries, slowest, failed } = writer.seen();
    console.log(`written: ${acknowledged}, ${retries} tries again, the slowest in ${slowest.toFixed(1)} s`);
    expect(failed).toEqual([]);
  };
  /** A machine that is busy is no reason to call a cluster unwell. */
  const checkedInPeace = () => checked(operator, first.ip, '--wait', '30s');
  const flawless = (asked: Asked) => {
    expect(asked.failed).toEqual([]);
    expect(asked.answered).toBeGreaterThan(0);
    expect(asked.by).toHaveLength(2);
  };

  it('come up in one run, whose check at the end is green', async () => {
    expect((await must(operator.up('--check'))).stdout).toContain('it runs pods');
    await nothingToDo(operator);
    shop = await openShop(lab, operator, first.ip, workers.length);
    await shop.opens(members);
  });

  it('are checked in less than 30 s', async () => {
    const report = await checked(operator, first.ip);
    expect(told(report)).toEqual([]);
    console.log(`five nodes are checked in ${report.seconds} s`);
    expect(report.seconds).toBeLessThan(30);
  });

  it('take a flag of kube-apiserver, and no pod notices', async () => {
    writer = await startWriter(
      operator,
      controlPlanes.map(({ ip }) => ip),
    );
    const asked = await shop.askedDuring('a flag of kube-apiserver', members, async () => {
      await restate({
        spec: { apiServer: { extraArgs: [{ name: 'max-requests-inflight', value: '401' }] } },
      });
      await upAgain();
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
    written();
  });

  it('go on while the first control plane has no power', async () => {
    const living = members.filter((host) => host !== first);
    const asked = await shop.askedDuring('the first control plane without power', living, async () => {
      await lab.powerCut(first.name);
      try {
        // Until then the cluster may send DNS requests to a pod there, and its controllers may have no leader.
        await until('the cluster knows', async () => (await readiness(second, first)) === 'Unknown');
        const wrong = told(await checked(operator, second.ip));
        expect(wrong.filter((line) => !line.includes(first.name))).toEqual([]);
        expect(wrong.length).toBeGreaterThan(0);
      } finally {
        await lab.start(first.name);
      }
      await comesBackByItself();
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
    written();
  });

  it('go on while two control planes cannot reach each other for two minutes, and mend it themselves', async () => {
    const leader = await etcdLeader(lab, first.name);
    const other = controlPlanes.find(({ name }) => name !== leader)!.name;
    const asked = await shop.askedDuring(`no cable between ${leader} and ${other}`, workers, async () => {
      await lab.part(leader, other);
      await pause(cableTime);
      const { stdout, stderr } = await operator.podstrap(['status']);
      console.log(stdout, stderr);
      await lab.meet(leader, other);
      await comesBackByItself();
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
    written();
  });

  it('run pods on workers while there is no control plane for a minute', async () => {
    const { lost, failed } = await writer.stop();
    expect({ lost, failed }).toEqual({ lost: [], failed: [] });
    const asked = await shop.askedDuring('no control plane has power', workers, async () => {
      await Promise.all(controlPlanes.map(({ name }) => lab.powerCut(name)));
      await pause(darkTime);
      await Promise.all(controlPlanes.map(({ name }) => lab.start(name)));
      await comesBackByItself();
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
  });

  it('start from cold, all at once, and `up` changes nothing', async () => {
    await Promise.all(members.map(({ name }) => lab.powerCut(name)));
    const start = performance.now();
    await Promise.all(members.map(({ name }) => lab.start(name)));
    await shop.opens(workers);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`cold start: the Service answers ${seconds} s after the power is back`);
    await comesBackByItself();
    expect((await must(operator.up())).stdout).toContain('Nothing to do');
    const asked = await shop.askedDuring('after a cold start', members, async () => {
      expect(told(await checkedInPeace())).toEqual([]);
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
  });

  it('give the balancers of living workers up, and take them back', async () => {
    const asked = await shop.askedDuring('balancers go and come', members, async () => {
      for (const type of ['none', 'haproxy']) {
        await restate({ spec: { loadBalancer: { type } } });
        await upAgain();
      }
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
  });

  describe('are checked without parts of podstrap’s', () => {
    it.for([
      ['dns', ['dns']],
      ['kubeProxy', ['service', 'dns', 'api-service']],
    ] as const)('%s', async ([part, unchecked]) => {
      const asked = await shop.askedDuring(`without ${part}`, members, async () => {
        await restate({ spec: { [part]: { disabled: true } } });
        await upAgain();
        const expected = (result: string) =>
          unchecked.flatMap((check) => members.map(({ name }) => `${check} ${name}: ${result}`));
        const partly = await checkedInPeace();
        expect(unwell(partly).toSorted(), told(partly).join('\n')).toEqual(expected('skipped').toSorted());
        const whole = await checked(operator, first.ip, '--every');
        // The rules that kube-proxy left still lead to Services that were there before, such as the API's.
        expect(unwell(whole).toSorted(), told(whole).join('\n')).toEqual(
          expected('failed')
            .filter((line) => part === 'dns' || !line.startsWith('api-service'))
            .toSorted(),
        );
        await restate({ spec: {} });
        await upAgain();
        await shop.opens(members);
      });
      flawless(asked.byAddress);
    });
  });

  it('get a worker of the same name at another address', async () => {
    const asked = await shop.askedDuring('a worker replaced', [steady, ...controlPlanes], async () => {
      await lab.replace(moved);
      await restate({ members: [...controlPlanes, steady, moved] });
      await upAgain();
      await comesBackByItself();
    });
    expect(asked.byAddress.answered).toBeGreaterThan(0);
    const after = await shop.askedDuring('after that', [...controlPlanes, steady, moved], async () => {
      expect(told(await checkedInPeace())).toEqual([]);
    });
    flawless(after.byAddress);
    flawless(after.byName);
  });

  it('get a control plane back that left while it had no power, with the data of then', async () => {
    const living = members.filter((host) => host !== third);
    const asked = await shop.askedDuring('a control plane leaves and comes back', workers, async () => {
      await lab.powerCut(third.name);
      await restate({ members: living });
      await upAgain();
      await lab.start(third.name);
      await restate({
        members: [first, second, third, ...living.filter((host) => !controlPlanes.includes(host))],
      });
      await upAgain();
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
    expect((await etcdMembership(lab, first.name)).members).toEqual(
      controlPlanes.map(({ name }) => ({ name, learner: false })),
    );
    expect(told(await checkedInPeace())).toEqual([]);
  });
});
