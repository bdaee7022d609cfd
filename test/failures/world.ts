import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dump, load } from 'js-yaml';
import { expect } from 'vitest';
import {
  type PracticeCluster,
  type PracticeClusterOptions,
  startPracticeCluster,
} from '../../src/practice/practice-cluster.js';
import { type CommandOptions, type Ended, runCommand } from '../lab/command.js';
import { journalWatch } from './waves-taken.js';

/** What tests change in an inventory's `spec`; its meaning is the schema's business. */
// biome-ignore lint/suspicious/noExplicitAny: a document as a user would edit it, right or wrong
export type Spec = any;

/** Practice hosts and an operator who knows only the command line. */
export interface World extends PracticeCluster {
  /** The folder of the inventory and of `.podstrap`. */
  readonly directory: string;
  /** The operator's state of this cluster. */
  readonly state: string;
  podstrap(args: readonly string[], options?: CommandOptions): Promise<Ended>;
  /** The same with nothing added to the words. */
  own(args: readonly string[], options?: CommandOptions): Promise<Ended>;
  up(options?: CommandOptions): Promise<Ended>;
  /** Changes the inventory; returns what puts it back. */
  edit(change: (spec: Spec) => void): Promise<() => Promise<void>>;
  /** `up` once more, and then `plan` finds nothing. */
  converge(): Promise<void>;
  /** Empties all hosts and forgets the cluster, for the next test. */
  reset(): Promise<void>;
}

const bin = resolve(import.meta.dirname, '../../dist/cli/bin.js');

export async function startWorld(
  controlPlanes: number,
  workers = 0,
  options: {
    readonly kubernetesVersion?: string;
    readonly spec?: Spec;
    readonly alsoServe?: readonly Spec[];
    readonly pace?: PracticeClusterOptions['pace'];
    /** Hosts of a fleet, in place of a cluster. */
    readonly standalone?: number;
  } = {},
): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-failures-'));
  // Practice hosts may run as somebody who must be able to pass through.
  await chmod(directory, 0o711);
  const cluster = await startPracticeCluster({
    directory,
    controlPlanes,
    workers,
    ...(options.standalone ? { standalone: options.standalone } : {}),
    kubernetesVersion: options.kubernetesVersion ?? 'v1.36.3',
    alsoServe: options.alsoServe ?? [],
    ...(options.pace ? { pace: options.pace } : {}),
    spec: {
      encryptionAlgorithm: 'ECDSA-P256',
      ...(options.standalone
        ? {}
        : { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '20s' } }),
      ...options.spec,
    },
  });
  const environment = { HOME: directory, SSH_AUTH_SOCK: undefined, KUBECONFIG: undefined, NO_COLOR: '1' };
  const state = join(directory, '.podstrap', 'practice');
  // Whatever a scenario is about: what its runs do is what their plans say.
  const astray = journalWatch(join(state, 'runs'));
  const own: World['own'] = async (args, more) => {
    const ended = await runCommand(process.execPath, [bin, ...args], { directory, environment, ...more });
    expect(await astray()).toEqual([]);
    return ended;
  };
  const podstrap: World['podstrap'] = (args, more) => own([...args, '-f', cluster.file], more);
  return {
    ...cluster,
    directory,
    state,
    podstrap,
    own,
    up: (more) => podstrap(['up', '--yes'], more),
    edit: async (change) => {
      const before = await readFile(cluster.file, 'utf8');
      const document = load(before) as { spec: Spec };
      change(document.spec);
      await writeFile(cluster.file, dump(document));
      return () => writeFile(cluster.file, before);
    },
    converge: async () => {
      expectEnd(await podstrap(['up', '--yes']), 0);
      expectEnd(await podstrap(['plan', '--detailed-exitcode']), 0);
    },
    reset: async () => expectEnd(await podstrap(['reset', '--all', '--yes']), 0),
    close: async () => {
      const left = await astray('unfinished');
      await cluster.close();
      await rm(directory, { recursive: true, force: true });
      expect(left).toEqual([]);
    },
  };
}

/** That a command ended so, and said all these things; its words are shown when it did not. */
export function expectEnd(ended: Ended, code: number, ...says: readonly (string | RegExp)[]): void {
  const text = `${ended.stdout}${ended.stderr}`;
  expect(ended.code, text).toBe(code);
  for (const words of says)
    if (typeof words === 'string') expect(text).toContain(words);
    else expect(text).toMatch(words);
}
