import { paths } from '../../host/paths.js';
import { word } from '../../host/shell.js';
import { filesOf, type Generation, journalEntryOf } from '../../observed/memory/generation.js';
import { type RunRecord, recordText } from '../../observed/memory/run-record.js';
import { fence, lockLostCode } from './fence.js';
import type { ScriptContext } from './host-script.js';
import { storeFunctions } from './store-script.js';

/** Runs that a host's journal tells of. */
const journalLength = 100;

/** Adds a line to the host's journal, where the oldest go. @param line a shell command that prints it */
export const noteInJournal = (line: string): string =>
  `J="$R${paths.journal}"; { cat "$J" 2>/dev/null; ${line}; } | tail -n ${journalLength} >"$J.new" && mv -f "$J.new" "$J" || exit 1`;

/**
 * Notes on a host that a run was finished: the generation takes its name, older ones are removed, and what was replaced is
 * forgotten. Of older ones that are kept, inventories as they were written, which an earlier podstrap put there, give way to
 * records. On standard input comes a tar; see generationFiles.
 * @param limit generations to keep
 */
export const generationScript = (
  { run, rollbackTo, resources }: Generation,
  limit: number,
  { lockId }: Pick<ScriptContext, 'lockId'>,
): string => `
L="$R${paths.podstrap}"; S="$L/stage"; G="$R${paths.generations}"${fence(lockId)}${storeFunctions}
f="$R${paths.bootstrapped}"; [ -e "$f" ] || { : >"$f" && { sync "$f" 2>/dev/null || sync; }; } || exit 1
rm -rf "$S"; mkdir -p "$S" "$G" && chmod 0700 "$S" "$G" && tar -xf - -C "$S" || exit 1
fenced || { rm -rf "$S"; exit ${lockLostCode}; }
echo ${word(rollbackTo === undefined ? run : `${run} ${rollbackTo}`)} >"$S/at"
sync -f "$S" 2>/dev/null || sync
rm -rf "$G/"${word(run)}; mv "$S/generation" "$G/"${word(run)} && mv -f "$S/at" "$R${paths.generation}" && mv -f "$S/applied" "$A" && forget_replaced || exit 1
${noteInJournal('cat "$S/journal"')}
set -- "$G"/*/; n=$#
for g; do [ "$n" -gt ${limit} ] || break; [ "$g" = "$G/"${word(run)}/ ] || { rm -rf "$g"; n=$((n-1)); }; done
for f in "$S/records"/*; do g="$G/\${f##*/}"; [ ! -e "$f" ] || [ ! -d "$g" ] || mv -f "$f" "$g/record.json" || exit 1; done
rm -f "$G"/*/sources.json "$G"/*/needs || exit 1
${dropFolders(resources)}rm -rf "$S"; sync -f "$L" 2>/dev/null || sync
echo @end
`;

/**
 * Takes away the folders of files of static pods that no pod of the state that was reached has: until then the pods of before
 * had theirs. No shell pattern leaves podstrap's own folder.
 */
function dropFolders(resources: Generation['resources']): string {
  const kept = resources.flatMap((one) =>
    one.kind === 'directory' && one.path.startsWith(`${paths.pods}/`) ? [`"$R"${word(one.path)}/`] : [],
  );
  const spared = kept.length === 0 ? '' : `${kept.join('|')}) ;; `;
  return `for f in "$R${paths.pods}"/*/*/; do [ -d "$f" ] || continue; case $f in ${spared}*) rm -rf "$f" || exit 1;; esac; done
for f in "$R${paths.pods}"/*/; do [ ! -d "$f" ] || rmdir "$f" 2>/dev/null; done
[ ! -d "$R${paths.pods}" ] || rmdir "$R${paths.pods}" 2>/dev/null
`;
}

/** What a host keeps of runs beside its own generations: a control plane all of it, a worker nothing. */
export interface KeptRecords {
  /** Of the run that is noted. */
  readonly own?: RunRecord;
  /** Of earlier ones that the host has kept in another form. */
  readonly earlier: readonly RunRecord[];
}

/**
 * The members of the tar, by name: the generation, and what the run has led to where the host keeps that; records that take
 * the place of inventories; what was applied; the journal's new line.
 * @param steps changes that the run made on this host
 */
export function generationFiles(
  generation: Generation,
  { own, earlier }: KeptRecords,
  steps: number,
): ReadonlyMap<string, string> {
  const applied = filesOf(generation.resources).map(({ path, sha256 }) => `${sha256} ${path}\n`);
  return new Map([
    ['generation/generation.json', `${JSON.stringify(generation, null, 1)}\n`],
    ...(own ? [['generation/record.json', recordText(own)] as const] : []),
    ...earlier.map((record) => [`records/${record.run}`, recordText(record)] as const),
    ['applied', applied.join('')],
    ['journal', `${JSON.stringify(journalEntryOf(generation, steps))}\n`],
  ]);
}
