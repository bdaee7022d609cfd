import { paths } from '../../host/paths.js';
import { at, word } from '../../host/shell.js';
import { components } from '../../kubernetes/pod-names.js';
import type { HostJournalEntry } from '../../observed/memory/generation.js';
import type { SavedSnapshot } from '../../survey/session.js';
import { endPods } from './end-pods.js';
import { awaitSwitch, fence, fencedStill } from './fence.js';
import { noteInJournal } from './generation-script.js';
import { ownData } from './own-data-script.js';

/** A member of the cluster that begins with a snapshot's data. */
export interface RestoredMember {
  readonly name: string;
  readonly peerUrl: string;
  /** Every member's `name=url`, with commas. */
  readonly initialCluster: string;
  /** A word that no cluster before had, so that its id is a new one and nobody of the old one is listened to. */
  readonly token: string;
}

/**
 * By how much revisions go up: more than a cluster writes between a snapshot and its loss. What watches then finds its
 * revision compacted and reads everything anew, instead of taking what is old for news.
 */
const bump = 1_000_000_000;

/** Bytes of the write-ahead log that etcd lays out ahead of time, and some air. */
const headroom = 200_000_000;

/** Where etcdutl is in etcd's image, and where that is mounted meanwhile. */
const program = '/usr/local/bin/etcdutl';
const mount = `${paths.podstrap}/etcd-image`;

/** The new data is made beside the old one, on the same file system. */
const workshop = (dataDir: string): string => `${dataDir}/podstrap-restore`;

const dropFunction = (dataDir: string): string => `
W=${at(workshop(dataDir))}; m=${at(mount)}
dismount() { [ ! -d "$m" ] || { ctr -n k8s.io images unmount --rm "$m" >/dev/null 2>&1; rmdir "$m" 2>/dev/null; }; }
drop() { dismount; rm -rf "$W"; }`;

/**
 * Makes a member's new data beside the old one, with the etcdutl of the image that its etcd runs. Nothing that runs
 * notices. On standard input comes the snapshot. Prints `@etcdutl VERSION` and `@snapshot {…}`, what etcdutl says of it.
 * Pure.
 */
export const makeDataScript = (
  dataDir: string,
  { size, sha256, hashed }: Pick<SavedSnapshot, 'size' | 'sha256' | 'hashed'>,
  { name, peerUrl, initialCluster, token }: RestoredMember,
  lockId: string,
): string => `${fence(lockId)}
umask 077${dropFunction(dataDir)}
fail() { [ -z "$1" ] || echo "$1" >&2; drop; exit 1; }
drop; mkdir -p "$W" || exit 1
df -Pk "$W" | { read -r _; read -r _ _ _ free _; [ "$free" -ge ${Math.ceil((2 * size + headroom) / 1024)} ]; } || fail ${word(`no room for the snapshot and the data made of it in ${dataDir}`)}
cat >"$W/snapshot.db" || fail
case $(sha256sum <"$W/snapshot.db") in ${sha256}*) ;; *) fail 'what arrived is not the whole snapshot';; esac
image=$(sed -n 's/^ *image: *"\\{0,1\\}\\([^" ]*\\).*/\\1/p' ${at(`${paths.manifests}/etcd.yaml`)})
mkdir -p "$m" && ctr -n k8s.io images mount "$image" "$m" >/dev/null || fail
[ -x "$m${program}" ] || fail "the image $image has no ${program}"
echo "@etcdutl $("$m${program}" version | sed -n 's/^etcdutl version: //p')"
echo "@snapshot $("$m${program}" snapshot status "$W/snapshot.db" -w json)"
"$m${program}" snapshot restore "$W/snapshot.db" --data-dir "$W/data" --name ${word(name)} \\
  --initial-cluster ${word(initialCluster)} --initial-advertise-peer-urls ${word(peerUrl)} \\
  --initial-cluster-token ${word(token)} --bump-revision ${bump} --mark-compacted${hashed ? '' : ' --skip-hash-check'} >&2 || fail
dismount; rm -f "$W/snapshot.db"; sync -f "$W" 2>/dev/null || sync
`;

/** Removes what makeDataScript made. Pure. */
export const dropDataScript = (dataDir: string, lockId: string): string =>
  `${fence(lockId)}${dropFunction(dataDir)}\ndrop\n`;

/**
 * Stops a control plane with its manifests in place: the kubelet first, then what it runs. From here on a note says that
 * a restore is under way; one of an earlier run stays, since what that one left is still so. Pure.
 */
export const haltScript = (run: string, owner: string, lockId: string): string => `${fence(lockId)}
${awaitSwitch}
N="$R${paths.restoring}"; [ -e "$N" ] || { echo ${word(`${run} ${owner}`)} >"$N.new" && mv -f "$N.new" "$N"; } || exit 1
sync -f "$N" 2>/dev/null || sync
[ ! -e ${at(paths.kubeletUnit)} ] || systemctl stop kubelet.service || exit 1
[ -e "$R/run/containerd/containerd.sock" ] || exit 0
ctr -n k8s.io tasks ls -q >/dev/null || exit 1
${endPods}
for c in ${[...components].reverse().join(' ')}; do end $c; done
[ -z "$ids" ] || [ -z "$(left)" ] || { echo 'its etcd does not end' >&2; exit 1; }
`;

/**
 * Sets the old data of a stopped etcd aside and puts the new one in its place. Pure.
 * @param marker what etcd's manifest demands of the data directory; undefined where no data was made, since the host is to
 * join later
 */
export const takeDataScript = (
  dataDir: string,
  marker: string | undefined,
  { run, clusterId, lockId }: { readonly run: string; readonly clusterId: string; readonly lockId: string },
): string => `${fence(lockId)}
W=${at(workshop(dataDir))}; M=${at(`${dataDir}/member`)}; Y=${at(`${paths.manifests}/etcd.yaml`)}${ownData(dataDir)}
${
  marker === undefined
    ? ''
    : `[ -d "$W/data/member" ] && echo ${clusterId} >"$W/data/member/${marker.slice(marker.lastIndexOf('/') + 1)}" || exit 1
sync -f "$W" 2>/dev/null || sync`
}
${fencedStill}
[ ! -e "$M" ] || mv "$M" "$M."${word(run)} || exit 1
${marker === undefined ? '' : 'mv "$W/data/member" "$M" || exit 1'}
[ ! -e "$Y" ] || own_data_as "$Y" || exit 1
rm -rf "$W"; sync -f ${at(dataDir)} 2>/dev/null || sync
`;

const startKubelet = `[ ! -e ${at(paths.kubeletUnit)} ] || systemctl start kubelet.service`;

/** Starts a control plane again whose data is as it was before this run. Pure. */
export const undoHaltScript = (run: string, lockId: string): string => `${fence(lockId)}
N="$R${paths.restoring}"; { read -r r _ <"$N"; } 2>/dev/null; [ "$r" != ${word(run)} ] || rm -f "$N"
${startKubelet}
`;

/**
 * Starts a control plane with its new data. Pure.
 * @param entry a line for the host's journal
 */
export const resumeScript = (entry: HostJournalEntry, lockId: string): string => `${fence(lockId)}
${noteInJournal(`echo ${word(JSON.stringify(entry))}`)}
rm -f "$R${paths.restoring}" || exit 1
${startKubelet}
`;
