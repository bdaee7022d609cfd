import { optionalPods } from '../../desired/pods/optional-pods.js';
import type { DesiredHost, StaticPodResource, UnitResource } from '../../desired/resource.js';
import { paths } from '../../host/paths.js';
import type { HostFacts } from '../../observed/facts.js';
import type { Step, Stranger } from '../step.js';
import { leavingPods } from './leaving-pods.js';

/** Something that is not podstrap's, and what would take it away; nothing where podstrap had better not. */
interface Found {
  readonly stranger: Stranger;
  readonly removal?: Step;
}

/** What is on a host and is not podstrap's, but changes what podstrap runs there. Pure. */
export const strangersOf = (fact: HostFacts, wanted: DesiredHost): readonly Stranger[] =>
  find(fact, wanted).map(({ stranger }) => stranger);

/**
 * What takes strangers away: files only, and with a drop-in the restart of its unit. Pure.
 * @param steps the host's other steps, which may restart or start that unit anyway
 */
export function pruneSteps(fact: HostFacts, wanted: DesiredHost, steps: readonly Step[]): readonly Step[] {
  const removals = find(fact, wanted).flatMap(({ removal }) => removal ?? []);
  const units = wanted.resources
    .filter(isUnit)
    .filter(({ name }) =>
      removals.some(({ action }) => 'path' in action && action.path.includes(`/${name}.d/`)),
    );
  const { host } = fact;
  const reloads: Step[] =
    units.length === 0
      ? []
      : [{ host, phase: 'node', action: { do: 'reload-units' }, reason: 'a drop-in is removed' }];
  const restarts = units
    .filter(({ name }) => !steps.some((step) => restartsOrStarts(step, name)))
    .map(
      ({ name, phase }): Step => ({
        host,
        phase,
        action: { do: 'restart-unit', name },
        reason: 'a drop-in of it is removed',
      }),
    );
  return [...removals, ...reloads, ...steps, ...restarts];
}

const restartsOrStarts = ({ action }: Step, unit: string): boolean =>
  (action.do === 'restart-unit' || action.do === 'start-unit') && action.name === unit;

const isPod = (resource: { kind: string }): resource is StaticPodResource => resource.kind === 'static-pod';
const isUnit = (resource: { kind: string }): resource is UnitResource => resource.kind === 'unit';

function find(fact: HostFacts, wanted: DesiredHost): readonly Found[] {
  const pods = wanted.resources.filter(isPod);
  return [...strayManifests(fact, wanted), ...dropIns(fact), ...runningTwice(fact, pods)];
}

const at = (name: string): string => `${paths.manifests}/${name}`;

/** Paths of the manifests there that are not podstrap's: the kubelet runs every file, whatever its name ends with. Pure. */
export function othersManifests(
  { manifestNames, applied }: HostFacts,
  wanted: DesiredHost,
): readonly string[] {
  const { resources } = wanted;
  const ours = new Set(resources.filter(isPod).map(({ path }) => path));
  // A pod that is no longer asked for is podstrap's own, and goes by a step of its own.
  const retired = (path: string) =>
    optionalPods.some(({ manifest }) => manifest === path) && applied[path] !== undefined;
  const leaving = new Set(leavingPods(wanted, { manifestNames, applied }).map(({ path }) => path));
  return manifestNames.map(at).filter((path) => !ours.has(path) && !retired(path) && !leaving.has(path));
}

function strayManifests(fact: HostFacts, wanted: DesiredHost) {
  const { host, manifestsPassedOver } = fact;
  const read = othersManifests(fact, wanted).map((path) =>
    file(host, 'control-plane', path, 'not from podstrap; the kubelet runs it as a static pod'),
  );
  const passedOver = manifestsPassedOver.map((name): Found => {
    if (!name.endsWith('/'))
      return file(
        host,
        'control-plane',
        at(name),
        'not from podstrap; the kubelet ignores names that begin with a dot',
      );
    const said = 'a directory; the kubelet ignores it, and podstrap does not remove directories';
    return { stranger: { host, path: at(name.slice(0, -1)), said } };
  });
  return [...read, ...passedOver];
}

const dropIns = ({ host, dropIns: found }: HostFacts): readonly Found[] =>
  found.map((path) => {
    const unit = path.split('/').at(-2)!.replace(/\.d$/, '');
    // What lies in /usr belongs to a package, which would bring it back.
    return path.startsWith('/usr/')
      ? { stranger: { host, path, said: `a package’s drop-in; it changes ${unit}` } }
      : file(host, 'node', path, `a drop-in that is not from podstrap; it changes ${unit}`);
  });

function file(host: string, phase: Step['phase'], path: string, said: string): Found {
  const removal: Step = {
    host,
    phase,
    action: { do: 'remove-file', path },
    reason: 'it is not from podstrap',
  };
  return { stranger: { host, path, said }, removal };
}

/** One sandbox too many: from a copy of a manifest, or left behind. It goes when the kubelet no longer has its manifest. */
function runningTwice({ host, sandboxes }: HostFacts, pods: readonly StaticPodResource[]): readonly Found[] {
  const running = sandboxes.filter((sandbox) => sandbox.running);
  const of = (revision: string | undefined) =>
    running.filter((sandbox) => sandbox.revision === revision).length;
  const twice = pods.flatMap(({ name, path, revision }): Found[] =>
    of(revision) < 2
      ? []
      : [
          {
            stranger: {
              host,
              path,
              said: `${name} runs ${of(revision)} times; look for a copy of this manifest`,
            },
          },
        ],
  );
  const others = pods.length > 0 && pods.every(({ revision }) => of(revision) > 0) ? of(undefined) : 0;
  if (others === 0) return twice;
  const said = `${others} pod${others === 1 ? '' : 's'} with another revision of a component run${others === 1 ? 's' : ''} beside the wanted ones`;
  return [...twice, { stranger: { host, path: paths.manifests, said } }];
}
