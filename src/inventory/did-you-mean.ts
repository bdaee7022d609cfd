import { distance } from 'fastest-levenshtein';

/**
 * The candidates nearest to what was typed, when they are near enough to be meant; more than one when they tie. Where none
 * is near, the one that goes on as it began: `kubernetes` means `kubernetesVersion`.
 */
export function nearest(typed: string, candidates: readonly string[]): readonly string[] {
  const ranked = candidates.map((candidate) => ({ candidate, edits: edits(typed, candidate) }));
  const best = Math.min(...ranked.map((each) => each.edits));
  const near = ranked
    .filter((each) => each.edits === best && best <= allowance(each.candidate))
    .map((each) => each.candidate);
  if (near.length > 0) return near;
  const longer = candidates.filter((one) => one.toLowerCase().startsWith(typed.toLowerCase()));
  return typed.length >= shortest && longer.length === 1 ? longer : [];
}

/** Fewer letters begin many words. */
const shortest = 4;

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
