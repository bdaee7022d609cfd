import { type OptionalPod, optionalPods } from '../../desired/pods/optional-pods.js';
import type { Owner } from '../../desired/resource.js';
import { paths } from '../../host/paths.js';
import { at, octal, word } from '../../host/shell.js';
import type { Step } from '../../plan/step.js';
import type { TakenBy, TakerOf } from '../step-takers.js';
import { addressFunctions } from './address-script.js';
import { endPods, nodeName } from './end-pods.js';
import { awaitSwitch, fence, lockLostCode } from './fence.js';
import { noteData, ownData } from './own-data-script.js';
import { retirePod } from './retire-pod.js';
import { storeFunctions } from './store-script.js';

/** A script for one host and the contents that travel with it, named by digest in its tar stream. */
export interface HostScript {
  readonly script: string;
  /** Digests whose contents must be members of the tar on the script's standard input. */
  readonly contents: readonly string[];
}

export interface ScriptContext {
  /** The run that this belongs to: a word that is safe in paths. */
  readonly run: string;
  /** The lock's owner; the script stops when the host's lock says another. */
  readonly lockId: string;
  readonly clusterId: string;
  /** Name of the host, and of its node. */
  readonly host: string;
  /** Where etcd's data is, on hosts that have an etcd. */
  readonly etcdDataDir?: string;
}

/**
 * The functions every applying script starts with. `stage` brings a file beside its destination, `land` renames what
 * was staged after one sync of the file systems, `shelve` moves into the store what has been synced, `still` stops a
 * run that has lost its lock. `read_again` has systemd read all units where it knows one otherwise than its file says,
 * since that takes a tenth of a second and more. A failure leaves nothing of what was staged: it may hold keys.
 */
const preamble = (
  { lockId, host, etcdDataDir }: ScriptContext,
  written: readonly string[],
  waits: boolean,
  endsEtcd: boolean,
  endsPods: boolean,
  movesData: boolean,
): string => `
L="$R${paths.podstrap}"; S="$L/stage"; B="$R${paths.stagingKubernetes}"; n=0
clean() { rm -rf "$S"; for p in ${written.map(word).join(' ')}; do spot "$p"; rm -f "$t"; done; }
fail() { c=$?; [ "$c" = 0 ] && c=1; clean
  echo "@failed \${1:-$n} $c"; exit 1; }
spot() { case $1 in ${paths.manifests}/*) t="$B/\${1##*/}";; *) t="$R\${1%/*}/.podstrap-\${1##*/}";; esac; }
done_() { echo "@done $n"; n=$((n+1)); }
still() { fenced || { clean; exit ${lockLostCode}; }; }${fence(lockId)}${storeFunctions}
stage() { keep_directory "\${3%/*}" && mkdir -p "$R\${3%/*}" && keep "$3" || return 1
  spot "$3"; cp "$S/$1" "$t" && chmod "$2" "$t" && chown "\${4:-0:0}" "$t"; }
land() { spot "$2"; mv -f "$t" "$R$2" && applied "$1" "$2" && label "$R$2"; }
shelve() { mv -f "$S"/* "$D"; rm -rf "$S"; }
read_again() { s=$(systemctl show -p LoadState,NeedDaemonReload,UnitFileState "$1")
  for w in LoadState=loaded NeedDaemonReload=no UnitFileState=enabled; do case $s in *$w*) ;; *) systemctl daemon-reload; return;; esac; done; }
settle() { sync -f "$R/etc" "$R/var/lib/podstrap" 2>/dev/null || sync; }
${endsEtcd ? endEtcd : ''}${movesData ? `${ownData(etcdDataDir)}${noteData(etcdDataDir)}${userFunctions}` : ''}
${endsPods ? `${addressFunctions}${nodeName(host)}${endPods}` : ''}
${waits ? awaitSwitch : ''}
rm -rf "$S"; keep_directory ${paths.kubernetes} && mkdir -p "$S" "$B" && { [ -L "$L" ] || chmod 0700 "$L"; } && chmod 0700 "$B" || fail
`;

type FileStep = Step & {
  action: {
    do: 'write-file' | 'put-manifest';
    path: string;
    mode: number;
    owner?: Owner;
    sha256: string;
  };
};
const isFileStep = (step: Step): step is FileStep =>
  step.action.do === 'write-file' || step.action.do === 'put-manifest';

/** What must not meet a switch of a run that was killed, and that goes on. */
const touchesKubelet = ({ action }: Step): boolean =>
  action.do === 'put-manifest' ||
  action.do === 'set-aside-etcd-data' ||
  retiredBy(action) !== undefined ||
  ('name' in action && action.name === 'kubelet.service');

/** The pod that goes with its manifest. */
const retiredBy = (action: Step['action']): Pick<OptionalPod, 'name' | 'manifest'> | undefined => {
  if (action.do !== 'remove-file') return undefined;
  const { pod, path } = action;
  return pod === undefined
    ? optionalPods.find(({ manifest }) => manifest === path)
    : { name: pod, manifest: path };
};

/** What may give etcd's data, or needs, another user. */
const touchesUser = ({ action }: Step): boolean =>
  action.do === 'make-user' ||
  action.do === 'own-etcd-data' ||
  action.do === 'mark-etcd-birth' ||
  (action.do === 'put-manifest' && action.path === etcdManifest);

const root: Owner = { uid: 0, gid: 0 };

const ownerWord = ({ uid, gid }: Owner): string => `${uid}:${gid}`;

/**
 * The script that takes `steps` on one host, in order, and reports each by a line `@done N` or `@failed N CODE`.
 * Binaries, images and switches have scripts of their own. Pure.
 */
export function hostScript(steps: readonly Step[], context: ScriptContext): HostScript {
  const files = steps.filter(isFileStep);
  const contents = [...new Set(files.map((step) => step.action.sha256))];
  const body: string[] = [];
  for (let index = 0; index < steps.length; index++) {
    const first = index;
    const batch: FileStep[] = [];
    for (let next = steps[index]; next && isFileStep(next); next = steps[++index]) batch.push(next);
    if (batch.length > 0) body.push(...batchLines(batch, first, context));
    const step = steps[index];
    if (step) body.push(`still; ${command(step, context)} || fail; done_`);
  }
  const unpack = contents.length === 0 ? '' : 'tar -xf - -C "$S" || fail; still\n';
  return {
    script: `${preamble(
      context,
      files.map(({ action }) => action.path),
      steps.some(touchesKubelet),
      steps.some(({ action }) => action.do === 'set-aside-etcd-data'),
      steps.some(({ action }) => retiredBy(action) !== undefined),
      steps.some(touchesUser),
    )}${unpack}${body.join('\n')}\n${contents.length === 0 ? 'rm -rf "$S"' : 'shelve || fail'}; settle; echo @end\n`,
    contents,
  };
}

/** Files that follow one another reach the disk together, then take their names one by one. @param first index of the first */
function batchLines(batch: readonly FileStep[], first: number, { etcdDataDir }: ScriptContext): string[] {
  return [
    ...batch.map(
      ({ action }, index) =>
        `stage ${action.sha256} ${octal(action.mode)} ${word(action.path)}${action.owner ? ` ${ownerWord(action.owner)}` : ''} || fail ${first + index}`,
    ),
    'settle; still',
    ...batch.map(({ action }) => {
      const data =
        action.path === etcdManifest && etcdDataDir !== undefined
          ? `note_data && own_data_as "$S/${action.sha256}" && `
          : '';
      return `${data}land ${action.sha256} ${word(action.path)} || fail; done_`;
    }),
  ];
}

function command({ action }: Step, context: ScriptContext): string {
  const write = (commands as Readonly<Record<string, Command | undefined>>)[action.do];
  if (write === undefined) throw new Error(`${action.do} has no place in a host script`);
  return write(action, context);
}

type Command = (action: Step['action'], context: ScriptContext) => string;

/** One command for every kind of step that the script of a host takes, but for those that reach the disk together. */
const commands: TakerOf<
  Exclude<TakenBy<'host script'>, FileStep['action']['do']>,
  [ScriptContext],
  string
> = {
  'make-directory': ({ path, mode, owner = root }) =>
    `{ if [ -d ${at(path)} ]; then keep_mode ${word(path)}; else keep_directory ${word(path)}; fi && mkdir -p ${at(path)} && chmod ${octal(mode)} ${at(path)} && chown ${ownerWord(owner)} ${at(path)} && label ${at(path)}; }`,
  'set-mode': ({ path, mode, owner = root }) =>
    `{ keep_mode ${word(path)} && chown ${ownerWord(owner)} ${at(path)} && chmod ${octal(mode)} ${at(path)}; }`,
  'remove-file': (action) => {
    const pod = retiredBy(action);
    return `{ keep ${word(action.path)} && ${pod ? retirePod(pod) : `rm -f ${at(action.path)}`}; }`;
  },
  'make-user': ({ name, uid, gid, file }) =>
    `make_user ${word(name)} ${ownerWord({ uid, gid })} ${word(file)}`,
  'load-module': ({ name }) => `modprobe ${word(name)}`,
  'set-sysctl': ({ name, value }) => `keep_sysctl ${word(name)} && sysctl -q -w ${word(`${name}=${value}`)}`,
  'pin-image': ({ ref }) =>
    `ctr -n k8s.io images label ${word(ref)} io.cri-containerd.pinned=pinned >/dev/null`,
  'reload-units': () => 'systemctl daemon-reload',
  'enable-unit': ({ name }) =>
    `{ keep_unit ${word(name)} && systemctl enable -q --no-reload ${word(name)} && read_again ${word(name)}; }`,
  'start-unit': ({ name }) => `label_all; systemctl start ${word(name)}`,
  'restart-unit': ({ name }) => `label_all; systemctl restart ${word(name)}`,
  'set-aside-etcd-data': ({ path }, { run }) => setAside(path, run),
  'own-etcd-data': ({ owner = root }) => `{ note_data && own_data ${ownerWord(owner)}; }`,
  'mark-etcd-birth': ({ path, owner }, { clusterId }) =>
    `{ mkdir -p ${at(parent(path))} && chmod 0700 ${at(parent(parent(path)))} ${at(parent(path))} && echo ${word(clusterId)} >${at(path)}${owner ? ` && note_data && own_data ${ownerWord(owner)}` : ''}; }`,
};

/**
 * Sets etcd's data aside. The etcd of that data goes first, and its manifest with it: its container would start again
 * within its pod, find nothing, and found a cluster of its own where its flags say so. The kubelet is away meanwhile: one
 * that has not seen the API since it started lets no pod go.
 */
const setAside = (path: string, run: string): string => `( w=
  ! systemctl is-active -q kubelet.service || { w=1; systemctl stop kubelet.service; }
  keep ${word(etcdManifest)} && rm -f ${at(etcdManifest)} && end_etcd && mv ${at(path)} ${at(`${path}.${run}`)}; c=$?
  [ -z "$w" ] || systemctl start kubelet.service; [ "$c" = 0 ] )`;

const etcdManifest = `${paths.manifests}/etcd.yaml`;

/** Ends the containers of etcd, in whatever pod. In a shell of its own: `n` counts the steps. */
const endEtcd = `
etcd_runs() { i=$(ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==etcd,labels."io.kubernetes.pod.namespace"==kube-system')
  [ -n "$i" ] || return 1; i=$(ctr -n k8s.io tasks ls | while read -r t _ s; do [ "$s" = RUNNING ] && echo "$t"; done | grep -Fx "$i"); [ -n "$i" ]; }
end_etcd() ( [ -e "$R/run/containerd/containerd.sock" ] || return 0; n=100
  while etcd_runs; do [ "$n" -gt 0 ] || return 1; n=$((n-1)); for t in $i; do ctr -n k8s.io tasks kill -s SIGKILL "$t" >/dev/null 2>&1; done; sleep 0.1; done; return 0 )`;

/**
 * `make_user NAME UID:GID FILE` has systemd-sysusers make a user, and fails where it gave it other ids than the pod is about
 * to run with. The record of the origin notes whom it made: a reset takes nobody else away.
 */
const userFunctions = `
ids_of() { while IFS=: read -r m _ i j _; do [ "$m" != "$1" ] || { echo "$i:$j"; return 0; }; done <"$R/etc/passwd"; return 1; }
make_user() { has=$(ids_of "$1") || { remember "- - $2" "p:$1" && systemd-sysusers "$R$3" && has=$(ids_of "$1"); }
  [ "$has" = "$2" ] || { echo "the user $1 has the ids \${has:-of nobody}, and not $2" >&2; return 1; }; }`;

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));
