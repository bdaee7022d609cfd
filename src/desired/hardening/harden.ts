import { type Additions, additionsOf } from '../../inventory/component-sections.js';
import { type RowName, rowOf } from '../../inventory/hardening/rows.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Flag } from '../../kubernetes/flags.js';
import type { ComponentName } from '../../kubernetes/pod-names.js';
import { Secret } from '../../secret.js';
import { admissionConfig } from './admission-config.js';
import { baselinePolicy } from './audit-policy.js';
import { authenticationConfig } from './authentication-config.js';
import { hardeningPlaces as places } from './places.js';

/** A file of podstrap's own that a flag of the API server names. */
interface NamedFile {
  readonly flag: string;
  readonly path: string;
  /** Key of its text among the inventory's files. */
  readonly source: string;
  /** Absent where the inventory has it: the file is the user's. */
  readonly text?: string;
}

/**
 * The inventory with what hardens its cluster, as if its author had said it: flags, files with the flags that name them,
 * fields of the kubelet. What the author says of one of them stands. Everything that follows, from mounts to restarts, is
 * that of any other inventory. Pure.
 * @param rows those that the cluster has; none on hosts without an API
 */
export function hardened(inventory: Inventory, rows: ReadonlySet<RowName>): Inventory {
  const { spec } = inventory;
  const files = filesOf(inventory, rows);
  const flags = (component: ComponentName): readonly Flag[] =>
    [...rows]
      .flatMap((name) => rowOf(name).flags?.[component] ?? [])
      .map(({ name, value }) => ({ name, value }));
  const ofServer = [
    ...flags('kube-apiserver'),
    ...admission(rows),
    ...files.map(({ flag, path }) => ({ name: flag, value: path })),
    ...auditLog(spec, rows),
  ];
  const fields = [...rows].flatMap((name) =>
    Object.entries(rowOf(name).kubelet ?? {}).map(([field, { value }]) => [field, value] as const),
  );
  return {
    ...inventory,
    spec: {
      ...spec,
      apiServer: { ...spec.apiServer, ...serverWith(additionsOf(spec, 'kube-apiserver'), ofServer, files) },
      controllerManager: below(spec.controllerManager, flags('kube-controller-manager')),
      scheduler: below(spec.scheduler, flags('kube-scheduler')),
      kubelet: { ...spec.kubelet, config: { ...Object.fromEntries(fields), ...spec.kubelet.config } },
    },
    files: new Map([
      ...files.flatMap(({ source, text }) =>
        text === undefined ? [] : [[source, new Secret(text)] as const],
      ),
      ...inventory.files,
    ]),
  };
}

/** Flags of API servers are the same with underscores. */
const plain = (name: string): string => name.replaceAll('_', '-');

const says = ({ extraArgs }: Pick<Additions, 'extraArgs'>, flag: string): boolean =>
  extraArgs.some(({ name }) => plain(name) === flag);

/** With flags that the author does not give. */
const below = <Section extends Pick<Additions, 'extraArgs'>>(
  section: Section,
  flags: readonly Flag[],
): Section => ({
  ...section,
  extraArgs: [...flags.filter(({ name }) => !says(section, name)), ...section.extraArgs],
});

function serverWith(own: Additions, flags: readonly Flag[], files: readonly NamedFile[]): Additions {
  const { extraArgs, ...rest } = below(own, flags);
  const logs = extraArgs.some(({ value }) => value === places.auditLog);
  return {
    ...rest,
    extraArgs,
    extraFiles: [
      ...files
        .filter(({ path }) => extraArgs.some(({ value }) => value === path))
        .map(({ path, source }) => ({ path, source, secret: false })),
      ...own.extraFiles,
    ],
    extraVolumes: [...(logs ? [auditVolume] : []), ...own.extraVolumes],
  };
}

const auditVolume: Additions['extraVolumes'][number] = {
  name: 'podstrap-audit-log',
  hostPath: places.auditFolder,
  mountPath: places.auditFolder,
  readOnly: false,
  pathType: 'DirectoryOrCreate',
};

function admission(rows: ReadonlySet<RowName>): readonly Flag[] {
  const plugins = [...rows].flatMap((name) => rowOf(name).admission ?? []);
  if (plugins.length === 0) return [];
  return [{ name: 'enable-admission-plugins', value: ['NodeRestriction', ...plugins].join(',') }];
}

function auditLog({ audit }: Inventory['spec'], rows: ReadonlySet<RowName>): readonly Flag[] {
  if (!rows.has('audit')) return [];
  const { maxAge = 30, maxBackup = 10, maxSize = 100 } = audit ?? {};
  return [
    { name: 'audit-log-maxage', value: String(maxAge) },
    { name: 'audit-log-maxbackup', value: String(maxBackup) },
    { name: 'audit-log-maxsize', value: String(maxSize) },
    { name: 'audit-log-path', value: places.auditLog },
  ];
}

/** The files, and the flags that name them. */
function filesOf(inventory: Inventory, rows: ReadonlySet<RowName>): readonly NamedFile[] {
  const admitted = admissionConfig(inventory, rows);
  return [
    ...(admitted === undefined
      ? []
      : [
          {
            flag: 'admission-control-config-file',
            path: places.admission,
            source: 'podstrap’s configuration of admission plugins',
            text: admitted,
          },
        ]),
    ...(rows.has('audit') ? [auditFile(inventory)] : []),
    ...authentication(inventory, rows),
  ];
}

function auditFile({ spec }: Inventory): NamedFile {
  const own = spec.audit?.policy ?? 'baseline';
  const named = { flag: 'audit-policy-file', path: places.auditPolicy };
  return own === 'baseline'
    ? { ...named, source: 'podstrap’s audit policy', text: baselinePolicy }
    : { ...named, source: own };
}

/** Neither stands beside a file: an API server that has both does not start. What a cluster was made with gives way to them. */
const instead = (name: string): boolean =>
  plain(name).startsWith('oidc-') || plain(name) === 'authentication-config';

function authentication(inventory: Inventory, rows: ReadonlySet<RowName>): readonly NamedFile[] {
  const { apiServer, authentication: said } = inventory.spec;
  if (apiServer.extraArgs.some(({ name }) => instead(name))) return [];
  const onlyHealth = rows.has('anonymous') && !says(apiServer, 'anonymous-auth');
  if (!onlyHealth && (said?.jwt ?? []).length === 0) return [];
  return [
    {
      flag: 'authentication-config',
      path: places.authentication,
      source: 'podstrap’s configuration of authentication',
      text: authenticationConfig(inventory, onlyHealth),
    },
  ];
}
