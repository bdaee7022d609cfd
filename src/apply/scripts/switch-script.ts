import { takenAlong } from '../../desired/pods/dependence.js';
import { podRow, podsWith } from '../../desired/pods/own-pods.js';
import type { PodRow } from '../../desired/pods/pod-row.js';
import { returnedLabel } from '../../desired/pods/returned.js';
import { virtualAddressPod } from '../../desired/pods/virtual-address.js';
import { labelFunctions } from '../../host/labels.js';
import { paths } from '../../host/paths.js';
import { setSearchPath } from '../../host/search-path.js';
import { octal, word } from '../../host/shell.js';
import { isOwnPod, type PodName, podNames } from '../../kubernetes/pod-names.js';
import { addressFunctions } from './address-script.js';
import { endPods, nodeName } from './end-pods.js';
import { awaitSwitch, fence, fencedStill, lockLostCode } from './fence.js';
import type { ScriptContext } from './host-script.js';
import { noteData, ownData } from './own-data-script.js';
import { storeFunctions } from './store-script.js';

/** One static pod to switch, and where its new manifest comes from. */
export interface SwitchPod {
  readonly pod: string;
  readonly path: string;
  readonly mode: number;
  /** Digest of the new manifest. */
  readonly sha256: string;
  /**
   * `sent`: it is a member of the tar on standard input; `stored`: it is in the host's store; `there`: it is in its place,
   * and only its pod is to be another one, which takes a restart of the kubelet.
   */
  readonly from: 'sent' | 'stored' | 'there';
}

/** Seconds in which a kubelet that sees the API lets a pod go; a component may take 10 of them to end. */
const letGoDeadline = 25;
/**
 * Seconds that the kubelet gets after the old pod's cgroup is gone: that is the last thing that it removes before it
 * forgets the pod. That takes it an instant, but on a busy host 0.2 s were too few. A manifest that comes in earlier waits in its queue for 10 to 15 s.
 */
const settleSeconds = 0.5;
/** The same after the old pod's folder is gone, where there is no cgroup to see: it goes at the next house-keeping. */
const folderSettleSeconds = 0.5;
/** Where a pod's cgroup may be: in version 2 and 1, of either driver, and of either kind of pod. @param uid a shell word */
const cgroupsOf = (uid: string): string =>
  ['', '*/']
    .flatMap((root) => ['kubepods', 'kubepods.slice'].map((top) => `${root}${top}`))
    .flatMap((top) => [`${top}/*pod`, `${top}/*/*pod`])
    .map((place) => `"$R"/sys/fs/cgroup/${place}${uid}*`)
    .join(' ');
/** Seconds without a sandbox after which the kubelet is taken to have put the pod off; a second rename wakes it. */
const nudgeAfter = 3;

/**
 * Steps of one switch: take a manifest out, wait for its pod to be let go, bring a manifest in, or the same one back, see
 * that it runs; `yield` does the first two where the pod has the virtual address, and nothing elsewhere.
 */
type Move = readonly ['yield' | 'park' | 'gone' | 'land' | 'back' | 'runs', string];

/** Whether clients of the API server on that host lose it for a moment: etcd is never taken from under it. */
const endsApiServer = (pods: readonly string[]): boolean =>
  withCompany(pods).some((pod) => placeOf(pod) === 'server');

/** These pods, and first those that go and come with one of them. */
const withCompany = (pods: readonly string[]): readonly string[] => [
  ...new Set([...pods.flatMap(takenAlong), ...pods]),
];

const placeOf = (pod: string): PodRow['switched'] => podRow(pod)?.switched ?? 'beside';

const [store, server] = (['store', 'server'] as const).map(
  (place) => podsWith(({ switched }) => switched === place)[0]!,
) as [PodName, PodName];

/**
 * The order of moves. All pods end at once, but etcd, which is never taken from under a running API server: the server's
 * calls would hang, and the kubelet with them. The API server comes back as early as it can, since clients miss it; the
 * others begin meanwhile, as they do at a boot. A host that has the virtual address hands it over first, while its own API
 * server still takes the lease back: the others need not wait for the end of the lease, nor clients for this API server.
 */
export function movesOf(pods: readonly string[]): readonly Move[] {
  const others = pods.filter((pod) => pod !== store && pod !== server);
  const yields = endsApiServer(pods);
  const moves: Move[] = yields ? [['yield', virtualAddressPod]] : [];
  moves.push(...others.map((pod): Move => ['park', pod]));
  if (yields) moves.push(['park', server], ['gone', server]);
  if (pods.includes(store)) moves.push(['park', store], ['gone', store], ['land', store]);
  if (yields) moves.push([pods.includes(server) ? 'land' : 'back', server]);
  if (yields && !pods.includes(virtualAddressPod)) moves.push(['back', virtualAddressPod]);
  for (const pod of others) moves.push(['gone', pod], ['land', pod]);
  for (const pod of pods) moves.push(['runs', pod]);
  return moves;
}

/** The same as `yield` where the kubelet is stopped; also where it did not let the pod go before. */
const yieldCold = `  if holds_address || [ -e "$P/${virtualAddressPod}.yaml" ]; then end ${virtualAddressPod}; drop_address "$a"; fi
`;

/**
 * The program that runs on the host as a unit of its own: it outlives the connection, and whatever happens a manifest is
 * in place or in the parking place, from where the kubelet's unit brings it back at boot.
 *
 * `warm` parks, waits and lands under the running kubelet. A kubelet that has not seen the API since it started lets no
 * pod go, so where warm does not get through, and where the kubelet has to be restarted anyway, `cold` does it: the
 * kubelet is stopped, the pods are ended through the runtime, the manifests come in, and the kubelet starts again.
 *
 * It looks at the lock before it parks the first pod, and before it goes cold. In between it goes through with what it
 * began, since a pod that stays out is worse than a late one; whoever takes the lock then waits for its end.
 */
function program(
  switched: readonly SwitchPod[],
  warm: boolean,
  { lockId, host, etcdDataDir }: Pick<ScriptContext, 'lockId' | 'host' | 'etcdDataDir'>,
): string {
  const pods = switched.map(({ pod }) => pod);
  const moves = movesOf(pods).map(([move, pod]) => `${move} ${pod} ${pod.replaceAll('-', '_')}`);
  const ended = withCompany(pods);
  // Its data goes to whom the pod runs as whose manifest comes in, be it the new one or that of before.
  const data = pods.includes(store) ? etcdDataDir : undefined;
  const [ownNew, ownBack] =
    data === undefined
      ? ['', '']
      : [
          `case $1 in ${store}) own_data_as "$B/$1.yaml" || return 1;; esac; `,
          `case $f in */${store}.yaml) [ -e "$M/${store}.yaml" ] || own_data_as "$f";; esac; `,
        ];
  return `#!/bin/sh
trap '' HUP INT PIPE
${setSearchPath}${labelFunctions}${ownData(data)}
${nodeName(host)}M="$R${paths.manifests}"; B="$R${paths.stagingKubernetes}"; P="$R${paths.parked}"; K="$R/var/lib/kubelet/pods"
bring_back() { for f in "$P"/*.yaml; do [ -e "$f" ] || continue; ${ownBack}[ -e "$M/\${f##*/}" ] || mv -f "$f" "$M/\${f##*/}"; rm -f "$f"; done; }
trap bring_back EXIT; trap 'exit 1' TERM
logs() { case $1 in ${podNames.join('|')}) for d in "$R"/var/log/pods/kube-system_"$1"-*; do echo "$d"; done;; *) for d in "$R"/var/log/pods/*_"$1-$N"_*; do echo "$d"; done;; esac; }
dirs() { logs "$1" | while IFS= read -r d; do [ -d "$d" ] && [ -e "$K/\${d##*_}" ] && echo "\${d##*_}"; done; }
cgroups() { for i; do for d in ${cgroupsOf('"$i"')}; do [ ! -d "$d" ] || echo "$d"; done; done; }
folders() { for i; do echo "$K/$i"; done; }
park() { u=$(dirs "$1"); c=$(cgroups $u); w=${settleSeconds}; [ -n "$c" ] || { c=$(folders $u); w=${folderSettleSeconds}; }
  eval "held_$2=\\$c settle_$2=\\$w"; mkdir -p "$P"; [ ! -e "$M/$1.yaml" ] || mv -f "$M/$1.yaml" "$P/$1.yaml"; }
${addressFunctions}yield() { holds_address || return 0; park "$@"; gone "$@" || return 1; drop_address "$a"; }
gone() { eval "c=\\$held_$2 w=\\$settle_$2"; [ -n "$c" ] || return 0; n=${letGoDeadline * 10}
  while held $c; do [ "$n" -gt 0 ] || return 1; n=$((n-1)); sleep 0.1; done; sleep "$w"; }
held() { for d; do [ ! -e "$d" ] || return 0; done; return 1; }
land() { ${ownNew}mv -f "$B/$1.yaml" "$M/$1.yaml" || return 1; label "$M/$1.yaml"; rm -f "$P/$1.yaml"
  h=$(sha256sum <"$M/$1.yaml"); case $1 in ${switched.map(({ pod, path }) => `${pod}) echo "\${h%% *} "${word(path)};;`).join(' ')} esac >>"$R${paths.applied}"; return 0; }
runs() { r=$(sed -n 's/^ *podstrap.io.revision: *//p' "$M/$1.yaml" | tr -cd a-f0-9); n=${nudgeAfter * 5}
  while [ "$n" -gt 0 ]; do [ -z "$(ctr -n k8s.io containers ls -q 'labels."podstrap.io/revision"=='"$r")" ] || return 0
  n=$((n-1)); sleep 0.2; done
  mv -f "$M/$1.yaml" "$P/$1.yaml"; sleep ${settleSeconds}; mv -f "$P/$1.yaml" "$M/$1.yaml"; }
back() { [ ! -e "$P/$1.yaml" ] || mv -f "$P/$1.yaml" "$M/$1.yaml"; }
warm() {
${moves.map((move) => `  ${move} || return 1`).join('\n')}
}${endPods}
cold() {
  trap 'bring_back; label_all; systemctl start kubelet.service' EXIT
  systemctl stop kubelet.service || return 1
${endsApiServer(pods) ? yieldCold : ''}  for c in ${ended.join(' ')}; do end $c; done
  for c in ${pods.join(' ')}; do [ ! -e "$B/$c.yaml" ] || land "$c" || return 1; done
}
${fence(lockId)}
${warm ? 'warm || { fenced && cold; }' : 'cold'} || exit 1
sync -f "$M" 2>/dev/null || sync
exit 0
`;
}

/** Marks a manifest of which the runtime still has containers, so that its pod is not taken for the one of then. */
const freshFunction = `fresh() { r=$(sed -n 's/^    podstrap\\.io.revision: *//p' "$1" | tr -cd a-f0-9); L0='    ${returnedLabel}: '
sed -i "\\|^$L0|d" "$1" || return 1
[ -z "$(ctr -n k8s.io containers ls -q 'labels."podstrap.io/revision"=='"$r")" ] || sed -i "s|^    podstrap\\.io/revision: .*|$L0\\"$(date +%s)\\"\\n&|" "$1"; }`;

/**
 * Switches live static pods on one host. The caller's connection only watches.
 * @param warm false where the kubelet must be restarted, or does not see the API; never true for a manifest that stays
 * @returns the script, and the digests that its tar must hold
 */
export function switchScript(
  pods: readonly SwitchPod[],
  warm: boolean,
  context: Pick<ScriptContext, 'lockId' | 'host' | 'etcdDataDir'>,
): { readonly script: string; readonly contents: readonly string[] } {
  const contents = pods.flatMap(({ sha256, from }) => (from === 'sent' ? [sha256] : []));
  const staged = pods.map(({ pod, path, mode, sha256, from }) =>
    from === 'there'
      ? `rm -f "$B/${pod}.yaml"`
      : `{ keep ${word(path)} && cp "${from === 'sent' ? '$S' : '$D'}/${sha256}" "$B/${pod}.yaml" && chmod ${octal(mode)} "$B/${pod}.yaml" && chown 0:0 "$B/${pod}.yaml"${isOwnPod(pod) ? '' : ` && fresh "$B/${pod}.yaml"`}; } || exit 1`,
  );
  const { lockId, etcdDataDir } = context;
  const data = pods.some(({ pod }) => pod === store) ? etcdDataDir : undefined;
  const body = program(pods, warm, context);
  const script = `
L="$R${paths.podstrap}"; S="$L/stage"; B="$R${paths.stagingKubernetes}"${fence(lockId)}${storeFunctions}
${awaitSwitch}
rm -rf "$S"; mkdir -p "$S" "$B" || exit 1
${contents.length === 0 ? '' : 'tar -xf - -C "$S" || exit 1'}
${fencedStill}
${freshFunction}${data === undefined ? '' : `${noteData(data)}\nnote_data || exit 1`}
${staged.join('\n')}
sync -f "$B" "$L" 2>/dev/null || sync
${contents.length === 0 ? '' : 'mv -f "$S"/* "$D" || exit 1'}
cat >"$L/switch.sh" <<'PODSTRAP'
${body}PODSTRAP
rm -rf "$S"
R="$R" systemd-run --quiet --collect --wait --unit=podstrap-switch --setenv=R="$R" /bin/sh "$L/switch.sh"; c=$?
[ "$c" = 0 ] || fenced || exit ${lockLostCode}
exit "$c"
`;
  return { script, contents };
}
