import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { Failure } from '../../failure.js';
import { paths } from '../../host/paths.js';
import type { PracticeCluster } from '../../practice/practice-cluster.js';
import { tell } from '../answer.js';
import { endSignals } from '../end-signals.js';
import { dressOf, type GlobalOptions, globalOptions } from '../options.js';
import { ownArch, spawnOwn } from '../own-program.js';
import { type Dress, dressed, paragraphs, print, widthOf } from '../terminal.js';
import { fleetOptions, fleetScenes } from './demo-fleet.js';

/** The release that the lab proves most. */
const practiceVersion = 'v1.36.3';

/** One scene: what is said, and the command that is run. */
export interface Scene {
  readonly says: string;
  readonly command?: readonly string[];
  /** The exit code of the command; 0 when not said. */
  readonly ends?: number;
  readonly act?: () => Promise<string>;
}

export const demoCommand = (): Command =>
  new Command('demo')
    .description('A tour on practice hosts: real shells and a real SSH server, on loopback, without root.')
    .option('--offline', 'the tour of a bundle: made, verified, and then the only source for a cluster')
    .option(
      '--fleet',
      'the tour of a fleet: thirty hosts without an API, and a version that fails in the first',
    )
    .option('--keep', 'keep the practice hosts’ files and print where they are')
    .action(async (own: { keep?: boolean; offline?: boolean; fleet?: boolean }, command: Command) => {
      const options = globalOptions(command);
      const dress = dressOf(options, process.stdout);
      // Ctrl-C ends the scene at hand, and then all that was made for the story is removed as after its end.
      const stop = new AbortController();
      const end = () => stop.abort();
      for (const signal of endSignals) process.on(signal, end);
      const directory = await mkdtemp(join(tmpdir(), 'podstrap-demo-'));
      // Started by root, practice hosts run as somebody who must be able to pass through.
      await chmod(directory, 0o711);
      const began = performance.now();
      const player: Player = { options, dress, stop: stop.signal };
      let scenesPlayed = 0;
      try {
        // Only here, so that no other command waits until the practice hosts are loaded.
        const { startPracticeCluster } = await import('../../practice/practice-cluster.js');
        const place = join(directory, 'practice');
        const cluster = await startPracticeCluster(
          own.fleet === true
            ? await fleetOptions(place, practiceVersion)
            : {
                directory: place,
                controlPlanes: 3,
                kubernetesVersion: practiceVersion,
                spec: { encryptionAlgorithm: 'ECDSA-P256', timeouts: { watchAfterChange: '1s' } },
              },
        );
        try {
          const story = storyOf(own, cluster, directory);
          for (const scene of story) await play(scene, cluster.file, player);
          scenesPlayed = story.length;
        } finally {
          await cluster.close();
        }
      } finally {
        if (own.keep !== true) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
        for (const signal of endSignals) process.off(signal, end);
      }
      const took = (performance.now() - began) / 1000;
      const kept = own.keep === true ? `The practice hosts are below ${directory}\n` : '';
      tell(
        options,
        { event: 'result', scenes: scenesPlayed, seconds: took },
        () =>
          `${loud(player, `That was podstrap, in ${took.toFixed(1)} s, on hosts that are folders. They are gone now.\n\n  podstrap practice start   # hosts like these that stay, to try it by hand\n  podstrap init             # an inventory for your own hosts`)}${kept}`,
      );
    });

/** Which story is told. */
function storyOf(
  { offline, fleet }: { readonly offline?: boolean; readonly fleet?: boolean },
  cluster: PracticeCluster,
  directory: string,
): readonly Scene[] {
  if (fleet === true) return fleetScenes(cluster);
  return offline === true ? offlineScenes(cluster, directory) : scenes(cluster);
}

function scenes({ site }: PracticeCluster): readonly Scene[] {
  const manifest = join(site.host('cp-2').root, paths.manifests, 'kube-apiserver.yaml');
  return [
    {
      says: 'Three bare hosts and one inventory file. One command makes a control plane of them.',
      command: ['up', '--yes'],
    },
    { says: 'The same command again changes nothing.', command: ['up', '--yes'] },
    {
      says: 'At night, somebody edits a manifest on cp-2 and leaves a copy beside it.',
      act: async () => {
        const text = await readFile(manifest, 'utf8');
        await writeFile(manifest, text.replace('--secure-port=', '--profiling=true\n    - --secure-port='));
        await appendFile(`${manifest}.bak`, '# kind: Nothing\n');
        return 'cp-2# vi /etc/kubernetes/manifests/kube-apiserver.yaml';
      },
    },
    {
      says: '`plan` shows what differs, and what `up` would do about it. It changes nothing.',
      command: ['plan'],
    },
    {
      says: '`up` repairs it: one node at a time, behind health gates. What is not podstrap’s is reported and left alone.',
      command: ['up', '--yes'],
    },
    { says: 'And this is how it stands.', command: ['status'] },
  ];
}

/** From the moment on when upstream is gone there is nothing to fetch from: neither network nor cache. */
function offlineScenes({ upstream }: PracticeCluster, directory: string): readonly Scene[] {
  const bundle = join(directory, 'prod.tar');
  return [
    {
      says: 'Where there is a network: everything that the inventory needs goes into one file.',
      command: ['bundle', 'create', '--arch', ownArch, '--out', bundle],
    },
    {
      says: 'Then the network is gone, and so is the cache. The file is all there is.',
      act: async () => {
        await upstream.close();
        await rm(join(directory, 'practice', 'cache'), { recursive: true, force: true });
        return '(upstream has stopped answering)';
      },
    },
    { says: 'Every byte of it is checked.', command: ['bundle', 'verify', bundle] },
    {
      says: 'Three bare hosts, the file and SSH: one command makes a control plane of them.',
      command: ['up', '--yes', '--bundle', bundle],
    },
    { says: 'The same command again changes nothing.', command: ['up', '--yes', '--bundle', bundle] },
    { says: 'And this is how it stands.', command: ['status', '--bundle', bundle] },
  ];
}

/** How the story is told. */
interface Player {
  readonly options: GlobalOptions;
  readonly dress: Dress;
  /** Aborted by Ctrl-C. */
  readonly stop: AbortSignal;
}

const loud = ({ dress }: Player, text: string): string =>
  `\n${dressed(dress, 'bold', paragraphs(text, widthOf(process.stdout)))}\n`;

async function play({ says, command, act, ends = 0 }: Scene, file: string, player: Player): Promise<void> {
  const { options, dress, stop } = player;
  if (stop.aborted) throw stopped();
  const line = command && `podstrap ${command.join(' ')}`;
  tell(options, { event: 'scene', says, ...(line === undefined ? {} : { command: line }) }, () =>
    loud(player, says),
  );
  const typed = act ? await act() : line && `$ ${line}`;
  if (options.output === 'text') print(`${dressed(dress, 'cyan', typed ?? '')}\n`);
  if (command === undefined) return;
  const words = [...command, '-f', file, '-o', options.output];
  const code = await podstrap([...words, ...(dress === 'plain' ? ['--no-color'] : [])], stop);
  if (stop.aborted) throw stopped();
  if (code !== ends)
    throw new Failure({
      kind: 'internal',
      doing: `Playing podstrap ${command.join(' ')} on practice hosts`,
      said: `it ended with exit code ${code}`,
      next: 'See its output above. `podstrap demo --keep` leaves the files for inspection.',
    });
}

/** Runs this very podstrap as a user would. */
function podstrap(words: readonly string[], stop: AbortSignal): Promise<number> {
  const child = spawnOwn(words, {
    stdio: ['ignore', 'inherit', 'inherit'],
    // What it offers to do next would be done to hosts that are gone by then.
    env: { ...process.env, PODSTRAP_DEMO: '1' },
  });
  // A terminal tells it by itself; told twice, it stops at once, and its hosts go with us anyway.
  const end = () => child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  return new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  }).finally(() => stop.removeEventListener('abort', end));
}

const stopped = (): Failure =>
  new Failure({
    kind: 'interrupted',
    doing: 'Playing the demo',
    said: 'stopped as you asked; nothing of it is left',
  });
