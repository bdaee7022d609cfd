import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { type Crew, contentsOf, stepsOf } from '../src/apply/crew.js';
import { takeLock } from '../src/apply/lock/lock.js';
import { absent } from '../src/apply/pass-over.js';
import { preparing } from '../src/apply/prepare-hosts.js';
import { takeTransfers } from '../src/apply/transfer/transfers.js';
import { openUplink } from '../src/apply/transfer/uplink.js';
import { openInventory, openSession } from '../src/cli/open-session.js';
import { newRunId } from '../src/cli/run-id.js';
import { controlPlanes } from '../src/inventory/inventory.js';
import { isTransfer, type Plan } from '../src/plan/step.js';
import { planRun } from '../src/stories/reconcile.js';
import type { Lab } from '../test/lab/hosts.js';
import type { Operator } from '../test/lab/operator.js';

/**
 * Artifacts in place, and no more: the hosts get binaries, containerd and images by the very code with which `up`
 * prepares them, and the operator's cache is filled on the way.
 */
export const prepareForPodstrap = (operator: Operator): Promise<void> =>
  asCrew(operator, async (crew, { waves }) => {
    const hosts = preparing(waves);
    try {
      const going = waves.map(async (wave) => {
        if (wave.kind === 'prepare') await hosts.prepare(crew, wave);
        if (wave.kind === 'images') await hosts.images(wave);
      });
      await Promise.all(going);
    } finally {
      await hosts.end();
    }
  });

/** The images of what the inventory wants now; the hosts run on as they are. */
export const importImagesForPodstrap = (operator: Operator): Promise<void> =>
  asCrew(operator, async (crew, { steps }) => {
    for (const host of crew.transports.keys())
      await takeTransfers(crew, host, stepsOf(steps, host, 'images').filter(isTransfer));
  });

/** Takes some of the steps that `up` would take, under its lock. */
async function asCrew(operator: Operator, work: (crew: Crew, plan: Plan) => Promise<void>): Promise<void> {
  const never = new AbortController().signal;
  setMaxListeners(0, never);
  const options = {
    file: join(operator.directory, 'cluster.yaml'),
    output: 'text' as const,
    color: false,
    verbose: false,
    acceptNewHostKeys: true,
  };
  const inventory = await openInventory(options, () => undefined);
  const interrupts = { stop: never, abort: never, dispose: () => undefined };
  const run = newRunId(new Date());
  const session = await openSession(inventory, options, 'bench', run, () => undefined, interrupts, undefined);
  const { site, survey, plan } = await planRun(session);
  try {
    const lock = await takeLock(
      [...site.transports.values()],
      controlPlanes(session.inventory).map(({ name }) => name),
      { id: site.lockId, owner: session.owner },
    );
    const crew: Crew = {
      session,
      absent: absent(session, site, survey),
      transports: site.transports,
      leaving: survey.leaving,
      contents: contentsOf(survey.desired),
      artifacts: survey.artifacts,
      uplink: openUplink(survey.artifacts),
      facts: survey.facts,
      lock,
      undoes: true,
    };
    try {
      await work(crew, plan);
    } finally {
      await crew.uplink.close();
      await lock.release();
    }
  } finally {
    await site.close();
  }
}

/** Ends what runs on a host and deletes what either tool wrote, except binaries, images and the record of binaries. */
export async function backToPrepared(lab: Lab, host: string): Promise<void> {
  await lab.read(
    host,
    `systemctl stop kubelet.service 2>/dev/null
for i in $(ctr -n k8s.io tasks ls -q); do ctr -n k8s.io tasks kill -s SIGKILL "$i" >/dev/null 2>&1; done
n=0; while ctr -n k8s.io tasks ls | grep -q RUNNING && [ "$n" -lt 100 ]; do n=$((n+1)); sleep 0.1; done
for i in $(ctr -n k8s.io tasks ls -q); do ctr -n k8s.io tasks rm -f "$i" >/dev/null 2>&1; done
for i in $(ctr -n k8s.io containers ls -q); do ctr -n k8s.io containers rm "$i" >/dev/null 2>&1; done
while read -r _ m _; do case $m in /var/lib/kubelet/*) umount -l "$m" 2>/dev/null;; esac; done </proc/mounts
find /etc/kubernetes /etc/cni/net.d /var/lib/etcd /var/lib/kubelet -xdev -mindepth 1 -delete 2>/dev/null
[ -d /var/lib/podstrap ] && find /var/lib/podstrap -mindepth 1 ! -name binaries -delete
sysctl -qw net.ipv4.ip_forward=1
systemctl restart containerd
systemctl reset-failed kubelet.service 2>/dev/null
sync
exit 0`,
  );
}
