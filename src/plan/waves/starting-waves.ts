import { imagesAtStart } from '../../desired/needs.js';
import type { Desired, PhaseName } from '../../desired/resource.js';
import type { Inventory } from '../../inventory/inventory.js';
import { fullImageName } from '../../kubernetes/image-name.js';
import type { Situation } from '../situation.js';
import { isNoted, isTransfer, type Step } from '../step.js';
import { stepsOn } from '../steps-on.js';
import { addonsWave, memoryOf, objects } from './live-waves.js';
import { startsClient } from './starts-client.js';
import { takersOf, type Wave, type WaveDraft, waveOf } from './wave.js';

const starting: readonly PhaseName[] = ['peers', 'serving', 'certificates', 'control-plane'];

/**
 * How a control plane starts that has nothing to protect: all hosts at once, and whatever is ready goes. Images that no static
 * pod needs arrive meanwhile; what only speaks to the API server starts when that can listen. Pure.
 */
export function startingWaves(
  steps: readonly Step[],
  { hosts: wanted, manifests }: Pick<Desired, 'hosts' | 'manifests'>,
  inventory: Inventory,
  situation: Situation,
  uncompared: boolean,
): readonly Wave[] {
  const hosts = wanted.map(({ host }) => host);
  const ofAll = (phases: readonly PhaseName[]) =>
    hosts.flatMap((host) =>
      stepsOn(steps, host).filter((step) => phases.includes(step.phase) && !isNoted(step)),
    );
  const later = ofAll(['images']).filter(comesLater(wanted, situation));
  const isLater = new Set(later);
  const first = ofAll(['binaries', 'node', 'images']).filter((step) => !isLater.has(step));
  const prepared = takersOf(hosts, [...first, ...later]);
  const lastOf = new Map(
    inventory.spec.hosts.map((host) => [host.name, startsClient(host, situation.kind === 'down')]),
  );
  const isLast = (step: Step) => lastOf.get(step.host)!(step);
  const started = ofAll(starting);
  const addons = steps.filter(({ phase }) => phase === 'addons');
  const bringsAddons = addons.length > 0 || uncompared || manifests.length > 0;
  const drafts: readonly WaveDraft[] = [
    {
      name: 'prepare',
      title: 'Prepare, all hosts at once',
      kind: 'prepare',
      stage: 'prepare',
      hosts: prepared,
      steps: first,
    },
    {
      name: 'images',
      title: 'Images of other pods, on each host once it is prepared',
      kind: 'images',
      after: ['prepared'],
      hosts: takersOf(hosts, later),
      steps: later,
    },
    {
      name: 'start',
      title: 'Start, all hosts at once',
      kind: 'start',
      stage: 'start',
      after: ['prepare'],
      hosts,
      steps: started.filter((step) => !isLast(step)),
    },
    {
      name: 'verify',
      title: 'Clients of the API, as soon as an API server answers',
      kind: 'verify',
      stage: 'verify',
      after: ['start', 'api-server'],
      hosts,
      steps: started.filter(isLast),
      gates: ['pods', 'etcd'],
    },
    {
      ...objects,
      after: ['images', 'start', 'api-server'],
      hosts: [''],
      steps: steps.filter(({ phase }) => phase === 'cluster'),
    },
    memoryOf(steps),
    { ...addonsWave, hosts: bringsAddons ? [''] : [], steps: addons },
  ];
  const waves = drafts.filter((one) => one.hosts.length > 0).map(waveOf);
  const gone = drafts.filter((one) => one.hosts.length === 0).map(({ name }) => name);
  return waves.map((wave) => ({ ...wave, after: wave.after.filter((name) => !gone.includes(name)) }));
}

/**
 * Which images need not be there before a host's kubelet starts. Of a new cluster, those of no static pod: the API asks for no
 * pods of others before its objects are there. Of one that had objects before, none: a kubelet never pulls.
 */
function comesLater(wanted: Desired['hosts'], { kind }: Situation): (step: Step) => boolean {
  if (kind !== 'new') return () => false;
  const needed = new Map(wanted.map((host) => [host.host, new Set(imagesAtStart(host).map(fullImageName))]));
  return (step) => isTransfer(step) && 'ref' in step.action && !needed.get(step.host)!.has(step.action.ref);
}
