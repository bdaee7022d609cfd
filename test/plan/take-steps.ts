import type { Resource, StaticPodResource } from '../../src/desired/resource.js';
import { interfaceName } from '../../src/host/interface-name.js';
import type { FileFact, HostFacts } from '../../src/observed/facts.js';
import type { Action, Step } from '../../src/plan/step.js';
import { digestOf } from '../../src/secrets/digest.js';

/**
 * What a host is like after these steps of its own: the hosts' scripts as an interpreter over facts. Pure.
 * @param wanted what the host is wanted to have: its static pods are what a kubelet starts when it starts itself, and its
 *   units bring about their routes
 */
export const takeSteps = (facts: HostFacts, steps: readonly Step[], wanted: readonly Resource[]): HostFacts =>
  steps.filter(({ host }) => host === facts.host).reduce((so, { action }) => take(so, action, wanted), facts);

function take(facts: HostFacts, action: Action, wanted: readonly Resource[]): HostFacts {
  switch (action.do) {
    case 'make-directory':
      return withFile(facts, { ...blank(action.path, action.mode), ...action.owner, type: 'directory' });
    case 'set-mode':
      return withFile(facts, { ...facts.files[action.path]!, mode: action.mode, ...(action.owner ?? root) });
    case 'write-file':
      return withFile(facts, {
        ...blank(action.path, action.mode),
        ...action.owner,
        sha256: action.sha256,
      });
    case 'make-user': {
      const { uid, gid } = action;
      return { ...facts, etcdAccount: { taken: [], ...facts.etcdAccount, user: { uid, gid }, group: gid } };
    }
    case 'own-etcd-data':
      return withFile(facts, { ...facts.files[action.path]!, ...(action.owner ?? root) });
    case 'install-binary':
      return outlived(
        withFile(facts, { ...blank(action.path, action.mode), sha256: action.sha256 }),
        action.path,
      );
    case 'put-manifest':
    case 'switch-manifest':
      return withData(withPod(facts, action), action.pod, wanted);
    case 'load-module':
      return { ...facts, modules: [...facts.modules, action.name] };
    case 'set-sysctl':
      return { ...facts, sysctls: { ...facts.sysctls, [action.name]: action.value } };
    case 'import-image': {
      const others = facts.images.filter(({ ref }) => ref !== action.ref);
      const images = [...others, { ref: action.ref, digest: action.digest, pinned: true }];
      // The images of these tests are one blob each.
      return { ...facts, images, content: [...facts.content, action.digest.slice('sha256:'.length)] };
    }
    case 'pin-image': {
      const pin = (image: HostFacts['images'][number]) =>
        image.ref === action.ref ? { ...image, pinned: true } : image;
      return { ...facts, images: facts.images.map(pin) };
    }
    case 'enable-unit':
      return withUnit(withUnitsRead(facts), action.name, { enabled: 'enabled' });
    case 'start-unit':
    case 'restart-unit': {
      const fresh = { active: 'active', rewritten: undefined, outdated: undefined };
      return startPods(
        withRoutes(withUnit(facts, action.name, fresh), action.name, wanted),
        action.name,
        wanted,
      );
    }
    case 'mark-etcd-birth':
      return { ...facts, etcdMarkers: [action.path.slice(action.path.lastIndexOf('/') + 1)], etcdData: true };
    case 'set-aside-etcd-data':
      return { ...facts, etcdMarkers: [], etcdData: false };
    case 'reload-units':
      return withUnitsRead(facts);
    case 'forget-secrets': {
      const { leftovers: _, ...rest } = facts;
      return rest;
    }
    case 'remove-etcd-member':
    case 'add-etcd-learner':
    case 'promote-etcd-member':
    case 'apply-object':
    case 'remove-object':
    case 'save-snapshot':
    case 'drain-node':
    case 'stop-control-plane':
    case 'reset-host':
    case 'delete-node':
    case 'uncordon-node':
      return facts;
    case 'remove-file': {
      const { [action.path]: _gone, ...files } = facts.files;
      const stays = (name: string) => !action.path.endsWith(`/manifests/${name}`);
      return {
        ...facts,
        files,
        manifestNames: facts.manifestNames.filter(stays),
        manifestsPassedOver: facts.manifestsPassedOver.filter(stays),
        dropIns: facts.dropIns.filter((path) => path !== action.path),
      };
    }
  }
}

const root = { uid: 0, gid: 0 };

const blank = (path: string, mode: number): FileFact => ({
  path,
  type: 'file',
  mode,
  uid: 0,
  gid: 0,
  size: 1,
});

const withFile = (facts: HostFacts, file: FileFact): HostFacts => ({
  ...facts,
  files: { ...facts.files, [file.path]: file },
});

/** A unit whose program was replaced goes on with the one that it began with. */
function outlived(facts: HostFacts, path: string): HostFacts {
  const name = `${path.slice(path.lastIndexOf('/') + 1)}.service`;
  if (facts.units[name]?.active !== 'active') return facts;
  const { kubeletVersion } = facts;
  return {
    ...withUnit(facts, name, { outdated: true }),
    ...(name === 'kubelet.service' && kubeletVersion ? { runningKubelet: kubeletVersion } : {}),
  };
}

function withUnitsRead(facts: HostFacts): HostFacts {
  const read = Object.entries(facts.units).map(([name, unit]) => [name, { ...unit, stale: false }]);
  return { ...facts, units: Object.fromEntries(read) };
}

const withUnit = (facts: HostFacts, name: string, change: object): HostFacts => ({
  ...facts,
  units: {
    ...facts.units,
    [name]: { active: 'inactive', enabled: 'disabled', ...facts.units[name], ...change },
  },
});

/** A unit that has routes makes them at its start. */
function withRoutes(facts: HostFacts, unit: string, wanted: readonly Resource[]): HostFacts {
  const made = wanted.flatMap((one) => (one.kind === 'unit' && one.name === unit ? (one.routes ?? []) : []));
  const routes = made.map((route) => ({ ...route, device: interfaceName('eth0'), protocol: '144' }));
  return routes.length === 0 ? facts : { ...facts, network: { ...facts.network, routes } };
}

/** A kubelet that starts brings up whatever manifests it finds. */
function startPods(facts: HostFacts, unit: string, wanted: readonly Resource[]): HostFacts {
  if (unit !== 'kubelet.service') return facts;
  const pods = wanted.filter((one): one is StaticPodResource => one.kind === 'static-pod');
  const found = pods.filter(({ path, content }) => facts.files[path]?.sha256 === digestOf(content));
  const others = facts.sandboxes.filter(({ id }) => !found.some(({ name }) => name === id));
  const started = found.map(({ name, revision }) => ({ id: name, revision, running: true }));
  return { ...facts, sandboxes: [...others, ...started] };
}

/** What etcd keeps goes to whom its pod runs as, when that comes in. */
function withData(facts: HostFacts, pod: string, wanted: readonly Resource[]): HostFacts {
  const folder = wanted.find((one) => one.kind === 'directory' && one.because === 'spec.etcd.local.dataDir');
  if (pod !== 'etcd' || folder?.kind !== 'directory') return facts;
  const fact = facts.files[folder.path];
  return fact === undefined ? facts : withFile(facts, { ...fact, ...(folder.owner ?? root) });
}

/** The kubelet starts the manifest's pod; that of the same name before it ends. */
function withPod(
  facts: HostFacts,
  { pod, path, mode, sha256, revision }: Action & { do: 'put-manifest' | 'switch-manifest' },
): HostFacts {
  const sandboxes = facts.sandboxes.filter(({ id }) => id !== pod);
  return {
    ...withFile(facts, { ...blank(path, mode), sha256 }),
    manifestNames: [...new Set([...facts.manifestNames, path.slice(path.lastIndexOf('/') + 1)])],
    sandboxes: [...sandboxes, { id: pod, revision, running: true }],
  };
}
