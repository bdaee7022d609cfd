import { at, word } from '../../host/shell.js';

/**
 * Shell functions that give etcd's data to whom its pod runs as.
 *
 * `own_data UID:GID` does it. Links in the folder are not followed: etcd's user could have put them there, and what they lead
 * to would become that user's. The folder itself comes last, so that one which has the owner is done. `own_data_as MANIFEST`
 * does it for the pod of a manifest, which says so for the whole pod; where it does not, that is root, and then nothing is
 * touched unless another user had the folder. To be called while no etcd runs. Pure.
 * @param dataDir where the data is; undefined where there is no etcd
 */
export const ownData = (dataDir: string | undefined): string =>
  dataDir === undefined
    ? ''
    : `
E=${at(dataDir)}
own_data() { [ ! -d "$E" ] || chown -R "$1" "$E/."; }
own_data_as() { u=$(sed -n 's/^    runAsUser: \\([0-9]\\{1,10\\}\\)$/\\1/p' "$1"); g=$(sed -n 's/^    runAsGroup: \\([0-9]\\{1,10\\}\\)$/\\1/p' "$1")
  [ ! -d "$E" ] || [ -z "$u$g" ] && case $(stat -c %u:%g -L "$E" 2>/dev/null) in ''|0:0) return 0;; esac
  own_data "\${u:-0}:\${g:-0}"; }`;

/**
 * Shell function `note_data`: what the folder of etcd's data was like before it first went to another user goes to the record
 * of the origin. For scripts with the functions of store-script.ts. Pure.
 */
export const noteData = (dataDir: string | undefined): string =>
  dataDir === undefined
    ? ''
    : `
note_data() { [ ! -d ${at(dataDir)} ] || remember "$(stat -c '%a %u:%g' -L ${at(dataDir)}) -" ${word(`m:${dataDir}`)}; }`;
