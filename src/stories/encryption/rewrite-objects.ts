import { setTimeout as delay } from 'node:timers/promises';
import type { Kube } from '../../cluster/kube.js';
import type { StoredObject } from '../../cluster/stored-objects.js';
import { Failure, failureOf } from '../../failure.js';
import { inParallel } from '../../in-parallel.js';
import { parseDuration } from '../../inventory/duration.js';
import { controlPlanes } from '../../inventory/inventory.js';
import { linkName } from '../../pki/encryption/ring.js';
import { type Goal, wantedWriter } from '../../pki/encryption/step-toward.js';
import { kubeOn, type Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import { persist } from '../../verify/persist.js';
import { walkObjects } from './count-objects.js';

/** Requests to one API server at once: what its clients ask goes on beside them. */
const perServer = 4;
/** How many objects a failure names. */
const mostNamed = 3;

export interface Pace {
  /** Objects a second at most. Default: as fast as API servers answer. */
  readonly perSecond?: number | undefined;
}

/**
 * Has the API servers write again whatever etcd has in another way than it is to be, page by page. What is done is done: where it
 * ends early, the next time goes on with the rest. Comes back when a whole walk through etcd has found nothing.
 * @returns how many were rewritten
 * @throws Failure `gate` when objects stay as they are
 */
export async function rewriteObjects(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  resources: readonly string[],
  goal: Goal,
  { perSecond }: Pace,
): Promise<number> {
  const kubes = controlPlanes(session.inventory).map((host) =>
    kubeOn(session, transports.get(host.name)!, host),
  );
  const isOld = ({ resource, writer }: StoredObject) => writer !== linkName(wantedWriter(goal, resource));
  const began = performance.now();
  let done = 0;
  let turn = 0;
  /** Found old, and still so in the next walk. */
  let before = new Set<string>();
  try {
    for (;;) {
      const found = new Set<string>();
      const failed: Failure[] = [];
      await walkObjects(session, transports, resources, async (page) => {
        const old = page.filter(isOld);
        for (const one of old) found.add(nameOf(one));
        if (old.length === 0) return;
        await inParallel(old, perServer * kubes.length, async (one) => {
          stopIfAsked(session);
          if (perSecond !== undefined)
            await delay(Math.max(0, began + (turn * 1000) / perSecond - performance.now()), undefined, {
              signal: session.stop,
            }).catch(() => stopIfAsked(session));
          await rewriteOne(session, kubes[turn++ % kubes.length]!, one).catch((error: unknown) => {
            if (!(error instanceof Failure) || error.kind !== 'gate') throw error;
            failed.push(error);
          });
          done++;
        });
        session.emit({ event: 'host', host: '', stage: 'rewrite', doing: `${done} objects rewritten` });
      });
      if (found.size === 0) return done;
      const stuck = [...found].filter((name) => before.has(name));
      // Whoever is written once more in the meantime is written in the new way: nobody comes twice but for a reason.
      if (stuck.length > 0) throw staying(stuck, failed);
      before = found;
    }
  } finally {
    for (const kube of kubes) kube.close();
  }
}

/** @throws Failure `interrupted` */
export function stopIfAsked({ stop }: Pick<Session, 'stop'>): void {
  if (!stop.aborted) return;
  throw (
    failureOf(stop) ??
    new Failure({
      kind: 'interrupted',
      doing: 'Changing what data in etcd are encrypted with',
      said: 'stopped as asked. Everything can be read, and no key was dropped that is still needed',
      next: 'Run the same command again: it continues from here.',
    })
  );
}

const nameOf = ({ resource, namespace, name }: StoredObject): string =>
  `${resource} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

const rewriteOne = (session: Session, kube: Kube, { resource, name, namespace }: StoredObject) =>
  persist(() => kube.rewrite(resource, name, namespace), {
    timeoutMs: parseDuration(session.inventory.spec.timeouts.kubernetesAPICall),
    signal: session.stop,
  });

function staying(names: readonly string[], failed: readonly Failure[]): Failure {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  const why = failed.slice(0, mostNamed).map(({ doing, said }) => `\n${doing}: ${said}`);
  return new Failure({
    kind: 'gate',
    doing: 'Rewriting what is not encrypted as it is to be',
    said: `${names.length} objects stay as they are: ${names.slice(0, mostNamed).join(', ')}${more}${why.join('')}`,
    next: 'No key was dropped, and everything can be read. An admission webhook may refuse these objects, or none of the keys may be theirs: see what `kubectl get` and `kubectl label` say of one, then run the same command again.',
  });
}
