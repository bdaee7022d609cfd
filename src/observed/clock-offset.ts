/**
 * Seconds by which a host's clock is ahead of the operator's, or behind it when negative: what the time that the question
 * took does not explain. On a slow host that is many seconds, and nobody knows when in them it looked at its clock.
 * @param told the host's clock, in whole seconds
 * @param began,ended the operator's, in seconds, when it asked and when it had the answer
 */
export function clockOffset(told: number, began: number, ended: number): number {
  // Whole seconds: the host's clock was up to one more.
  if (told + 1 < began) return told + 1 - began;
  return told > ended ? told - ended : 0;
}
