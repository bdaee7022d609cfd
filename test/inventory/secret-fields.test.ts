import { expect, test } from 'vitest';
import { publicFields, secretFields, secretFiles, textFields } from '../failures/secret-fields.js';

const fields = textFields();
const known = [...secretFields, ...secretFiles];

test('of every field that holds a text it is known whether a secret may stand there', () => {
  expect(fields.length).toBeGreaterThan(100);
  const unknown = fields.filter(
    (field) => !known.includes(field) && !publicFields.some((pattern) => pattern.test(field)),
  );
  // A new one belongs in secret-fields.ts: where a secret may stand, test/failures/canary.int.test.ts puts one and looks for it.
  expect(unknown).toEqual([]);
});

test('no field is listed that there is not', () => {
  expect(known.filter((field) => !fields.includes(field))).toEqual([]);
});
