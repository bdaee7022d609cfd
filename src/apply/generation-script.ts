import { paths } from '../host/paths.js';
import { word } from '../host/shell.js';
import type { SourceText } from '../inventory/inventory.js';
import { filesOf, type Generation, journalEntryOf, neededFromStore } from '../plan/generation.js';
import { fence, lockLostCode } from './fence.js';
import type { ScriptContext } from './host-script.js';
import { storeFunctions } from './store-script.js';

/** Runs that a host's journal tells of. */
const journalLength = 100;

/** Adds a line to the host's journal, where the oldest go. @param line a shell command that prints it */
export const noteInJournal = (line: string): string =>
  `J="$R${paths.journal}"; { cat "$J" 2>/dev/null; ${line}; } | tail -n ${journalLength} >"$J.new" && mv -f "$J.new" "$J" || exit 1`;

/**
 * Notes on a host that a run was finished: the generation takes its name, older ones and what only they needed from the
 * store are removed, and what was replaced is forgotten. On standard input comes a tar; see generationFiles.
 * @param limit generations to keep
 */
export const generationScript = (
  { run, rollbackTo }: Generation,
  limit: number,
  { lockId }: Pick<ScriptContext, 'lockId'>,
): string => `
L="$R${paths.podstrap}"; S="$L/stage"; G="$R${paths.generations}"${fence(lockId)}${storeFunctions}
f="$R${paths.bootstrapped}"; [ -e "$f" ] || { : >"$f" && { sync "$f" 2>/dev/null || sync; }; } || exit 1
rm -rf "$S"; mkdir -p "$S" "$G" && chmod 0700 "$S" "$G" && tar -xf - -C "$S" || exit 1
fenced || { rm -rf "$S"; exit ${lockLostCode}; }
while read -r s p; do [ -e "$D/$s" ] || { [ -f "$R$p" ] && hash "$R$p" && [ "$h" = "$s" ] && { put "$R$p" || exit 1; }; }; done <"$S/adopt"
echo ${word(rollbackTo === undefined ? run : `${run} ${rollbackTo}`)} >"$S/at"
sync -f "$S" 2>/dev/null || sync
rm -rf "$G/"${word(run)}; mv "$S/generation" "$G/"${word(run)} && mv -f "$S/at" "$R${paths.generation}" && mv -f "$S/applied" "$A" && rm -f "$K" || exit 1
${noteInJournal('cat "$S/journal"')}
set -- "$G"/*/; n=$#
for g; do [ "$n" -gt ${limit} ] || break; [ "$g" = "$G/"${word(run)}/ ] || { rm -rf "$g"; n=$((n-1)); }; done
{ cat "$G"/*/needs; stored_of_origin; } >"$S/needs"; ls -A "$D" | grep -vxF -f "$S/needs" | while read -r s; do rm -f "$D/$s"; done
rm -rf "$S"; sync -f "$L" 2>/dev/null || sync
echo @end
`;

/**
 * The members of the tar, by name: the generation with its inventory and the digests that it needs from the store; the
 * files to adopt into the store where it lacks them; what was applied; the journal's new line. Binaries are adopted when
 * they are replaced.
 * @param steps changes that the run made on this host
 */
export function generationFiles(
  generation: Generation,
  sources: readonly SourceText[],
  steps: number,
): ReadonlyMap<string, string> {
  const needed = neededFromStore(generation.resources);
  const texts = sources.map(({ path, text }) => ({ path, text: text.reveal() }));
  const lines = (files: ReturnType<typeof filesOf>) =>
    files.map(({ path, sha256 }) => `${sha256} ${path}\n`).join('');
  return new Map([
    ['generation/generation.json', `${JSON.stringify(generation, null, 1)}\n`],
    [
      'generation/needs',
      filesOf(needed)
        .map(({ sha256 }) => `${sha256}\n`)
        .join(''),
    ],
    ['generation/sources.json', `${JSON.stringify(texts, null, 1)}\n`],
    ['adopt', lines(filesOf(needed.filter(({ kind }) => kind !== 'binary')))],
    ['applied', lines(filesOf(generation.resources))],
    ['journal', `${JSON.stringify(journalEntryOf(generation, steps))}\n`],
  ]);
}
