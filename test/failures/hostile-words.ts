import fc from 'fast-check';

/** What a hostile host hides in its answers: it would do harm in a shell, on a screen, in a path and in YAML. */
export const marker = '\u001b[2Kpwned$(touch /tmp/podstrap-pwned)`id`';

/** Words that a hostile host puts where others are. */
export const words = fc.constantFrom(
  marker,
  `';${marker};'`,
  `${marker}/64`,
  `x\n@host\n${marker}`,
  `../../${marker}`,
  `{"name":"${marker}"}`,
  '9'.repeat(400),
  '-1',
  '__proto__',
  'cp-1',
  'f'.repeat(32),
  '10.0.0.11',
  'bootstrapped',
  '',
);
