import { expect, test } from 'vitest';
import { withoutReturn } from '../../src/desired/pods/returned.js';

const sent =
  'metadata:\n  labels:\n    podstrap.io/revision: cafe\nspec:\n  text: |\n      podstrap.io/returned: "1"\n';

test('a mark of what came back is no difference, and nothing else is taken for one', () => {
  const marked = sent.replace(
    '    podstrap.io/revision',
    '    podstrap.io/returned: "1764558000"\n    podstrap.io/revision',
  );
  expect(withoutReturn(marked)).toBe(sent);
  expect(withoutReturn(sent)).toBe(sent);
});
