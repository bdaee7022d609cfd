import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cutOff, type Seat, takeSeat } from './air-gap.js';
import type { Ended } from './command.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { must, newOperator, type Operator } from './operator.js';

/** Hosts without a default route and without a resolver, and an operator who has a bundle and can reach nothing but them. */
export interface OfflineSite {
  readonly lab: Lab;
  /** Who makes the bundles, where the network is. */
  readonly online: Operator;
  readonly operator: Operator;
  readonly seat: Seat;
  /** Brings files from there to the site. */
  carry(...names: readonly string[]): Promise<void>;
  up(): Promise<Ended>;
  plan(): Promise<Ended>;
  /** Packets of each host that were to go anywhere else. */
  attempts(): Promise<readonly number[]>;
  leave(): Promise<void>;
}

/** Its name in docs/air-gap.md. */
const carried = 'prod.tar';

/**
 * Makes the bundle where there is a network, and goes to the site with it.
 * @param artifacts the inventory's block for the place with the network
 * @param versions of Kubernetes, in the one bundle
 * @param spec more of the inventory; its `artifacts` are what goes in beside what the cluster needs
 */
export async function goOffline(
  hosts: readonly LabHost[],
  artifacts: Readonly<Record<string, unknown>>,
  versions: readonly string[],
  { artifacts: more, ...spec }: Readonly<Record<string, unknown>> = {},
): Promise<OfflineSite> {
  const lab = await startLab({ hosts });
  const leaving: (() => Promise<void>)[] = [() => lab.down()];
  const leave = async () => {
    for (const end of leaving.splice(0).reverse()) await end();
  };
  try {
    const online = await newOperator(lab, { ...artifacts, ...(more as object) });
    leaving.push(() => online.leave());
    await online.write({ spec });
    const making = ['--arch', 'amd64', '--kubernetes-version', versions.join(','), '--out', carried];
    await must(online.podstrap(['bundle', 'create', ...making]));
    const seat = await takeSeat(lab);
    leaving.push(() => seat.leave());
    const operator = await newOperator(lab, { ...(more as object) }, seat.within);
    leaving.push(() => operator.leave());
    const bundle = join(operator.directory, carried);
    const carry = async (...names: readonly string[]) => {
      for (const name of names) await copyFile(join(online.directory, name), join(operator.directory, name));
    };
    await carry(carried);
    await operator.write({ spec });
    const watched = await Promise.all(hosts.map((one) => cutOff(lab, one)));
    return {
      lab,
      online,
      operator,
      seat,
      carry,
      up: () => operator.up('--bundle', bundle),
      plan: () => operator.podstrap(['plan', '--detailed-exitcode', '--bundle', bundle]),
      attempts: () => Promise.all(watched.map((one) => one.attempts())),
      leave,
    };
  } catch (error) {
    await leave();
    throw error;
  }
}
