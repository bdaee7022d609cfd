import { controllerManager, scheduler, startWorker } from './api-worker.js';
import {
  type Component,
  type ComponentContext,
  Crash,
  parseFlags,
  type StartComponent,
} from './component.js';
import { Etcd } from './etcd.js';
import { startBalancer } from './haproxy.js';
import { KubeApiServer } from './kube-apiserver.js';
import { startKubeVip } from './kube-vip.js';

/** Programs that are told by their environment what to do. */
const byEnvironment: Readonly<Record<string, StartComponent>> = { 'kube-vip': startKubeVip };

const programs: Readonly<Record<string, StartComponent>> = {
  etcd: (context) => new Etcd(context),
  'kube-apiserver': (context) => new KubeApiServer(context),
  'kube-controller-manager': (context) => startWorker(controllerManager, context),
  'kube-scheduler': (context) => startWorker(scheduler, context),
};

/** A program that does nothing but fail. */
const fails = 'false';

/** Programs that a shell looks after; by the name that its script is given. */
const lookedAfter: Readonly<Record<string, StartComponent>> = { haproxy: startBalancer };

/**
 * Starts what a container's command names. A program that is not known runs and does nothing: static pods may hold
 * anything.
 * @param contextFor what the process sees, once its flags are read
 * @throws Crash
 */
export function startComponent(
  command: readonly string[],
  unknownFlags: ReadonlySet<string>,
  contextFor: (flags: ReadonlyMap<string, string>) => ComponentContext,
): Component {
  const [program = '', ...words] = command;
  if (program.endsWith(`/${fails}`)) throw new Crash('exit status 1');
  const inShell = program === 'sh' && words[0] === '-c';
  const name = program.slice(program.lastIndexOf('/') + 1);
  const flagless = inShell ? lookedAfter[words[2] ?? ''] : byEnvironment[name];
  const start = flagless ?? (inShell ? undefined : programs[name]);
  if (start === undefined) return { stop: () => undefined };
  const flags = flagless ? new Map<string, string>() : parseFlags(words);
  for (const flag of flags.keys())
    if (flag.startsWith('no-such') || unknownFlags.has(flag))
      throw new Crash(`Error: unknown flag: --${flag}`);
  const context = contextFor(flags);
  const component = start(context);
  const { diesAfter, withFlag } = context.fault();
  if (diesAfter !== undefined && (withFlag === undefined || flags.has(withFlag)))
    context.after(diesAfter, () => context.crash('panic: practice fault'));
  return component;
}
