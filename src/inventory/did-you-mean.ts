import { distance } from 'fastest-levenshtein';

/** The candidates nearest to what was typed, when they are near enough to be meant; more than one when they tie. */
export function nearest(typed: string, candidates: readonly string[]): readonly string[] {
  const ranked = candidates.map((candidate) => ({ candidate, edits: edits(typed, candidate) }));
  const best = Math.min(...ranked.map((each) => each.edits));
  return ranked
    .filter((each) => each.edits === best && best <= allowance(each.candidate))
    .map((each) => each.candidate);
}

/** `did you mean "address"?`; undefined when nothing is near. */
export function didYouMean(typed: string, candidates: readonly string[]): string | undefined {
  const near = nearest(typed, candidates).map((candidate) => JSON.stringify(candidate));
  return near.length === 0 ? undefined : `did you mean ${near.join(' or ')}?`;
}

const allowance = (candidate: string): number => Math.max(1, Math.min(3, Math.floor(candidate.length / 3)));

/** Levenshtein's distance, but letters in another case cost half and two swapped neighbours cost one. */
function edits(typed: string, candidate: string): number {
  if (typed === candidate) return 0;
  const [one, other] = [typed.toLowerCase(), candidate.toLowerCase()];
  if (one === other) return 0.5;
  return isSwap(one, other) ? 1 : distance(one, other);
}

function isSwap(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  const at = [...one].findIndex((letter, index) => letter !== other[index]);
  return one === `${other.slice(0, at)}${other[at + 1] ?? ''}${other[at]}${other.slice(at + 2)}`;
}
