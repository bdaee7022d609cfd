import { expect, test } from 'vitest';
import type { Desired } from '../../src/desired/resource.js';
import { paths } from '../../src/host/paths.js';
import { dropRoutes } from '../../src/plan/diff/drop-routes.js';
import { digestOf } from '../../src/secrets/digest.js';

const wanted = (content: string) =>
  ({
    hosts: [
      { host: 'cp-1', resources: [{ kind: 'file', path: paths.podNetworkScript, mode: 0o755, content }] },
    ],
  }) as unknown as Desired;

test('routes to hosts that left are taken out of the script, which says what it replaces', () => {
  const [write, restart] = dropRoutes(wanted('one\ntwo\n'), wanted('one\n'), ['w-1']);
  expect(write).toMatchObject({
    action: { do: 'write-file', sha256: digestOf('one\n') },
    reason: 'w-1 left',
    replaces: digestOf('one\ntwo\n'),
    diff: expect.stringContaining('-two'),
  });
  expect(restart!.action).toMatchObject({ do: 'restart-unit' });
  expect(dropRoutes(wanted('one\n'), wanted('one\n'), ['w-1'])).toEqual([]);
});
