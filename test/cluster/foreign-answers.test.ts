import { expect, test } from 'vitest';
import { messageOf } from '../../src/cluster/kube.js';
import { resourceFinder } from '../../src/cluster/resource-finder.js';
import { Failure } from '../../src/failure.js';

const type = { apiVersion: 'example.com/v1', kind: 'Widget' };
const find = (body: string, status = 200) =>
  resourceFinder(
    async () => ({ status, body }),
    (said) => ({ kind: 'apply', doing: 'Looking for a kind', said }),
    'cp-1',
  )(type);

const listOf = (...resources: readonly unknown[]): string =>
  JSON.stringify({ kind: 'APIResourceList', resources });
const widget = { name: 'widgets', kind: 'Widget', namespaced: true };

test('a kind is asked for as the API server says that it serves it', async () => {
  const status = { name: 'widgets/status', kind: 'Widget', namespaced: true };
  expect(await find(listOf(status, widget))).toEqual({ plural: 'widgets', namespaced: true });
});

test.each([
  ['nothing', 'null'],
  ['no JSON', 'Forbidden'],
  ['no list', '{}'],
  ['a name that is none', listOf({ ...widget, name: 5 })],
  ['a name that leads elsewhere', listOf({ ...widget, name: '../../api/v1/namespaces/kube-system/secrets' })],
  ['a name with a query', listOf({ ...widget, name: 'widgets?force=true' })],
])('a control plane that answers with %s is unsound, and nothing else', async (_title, body) => {
  const error = await find(body).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Failure);
  expect(error).toMatchObject({ kind: 'unsound', where: { host: 'cp-1' } });
});

test.each([
  ['{"message":"no such pod"}', 'no such pod'],
  ['{"message":5}', '{"message":5}'],
  ['{"message":{"a":1}}', '{"message":{"a":1}}'],
  ['null', 'null'],
  ['x'.repeat(1_000), 'x'.repeat(300)],
  [JSON.stringify({ message: 'x'.repeat(100_000) }), 'x'.repeat(4_000)],
])('what an API server says in %s is a text, and no longer than people read', (body, said) => {
  expect(messageOf(body)).toBe(said);
});
