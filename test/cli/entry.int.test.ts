import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
// @ts-expect-error: a script, without types
import { nodeOf } from '../../scripts/node-package.mjs';
// @ts-expect-error: a script, without types
import { tooOld } from '../../scripts/nodes.mjs';
import { leftOutUnless } from '../programs/needing.js';

const bin = resolve(import.meta.dirname, '../../dist/cli/bin.js');
const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

/** Runs the shipped program. */
const run = async (node: string, ...args: readonly string[]) => {
  const ended = await promisify(execFile)(node, [...args]).catch((error: unknown) => error as Failed);
  return { code: 'code' in ended ? ended.code : 0, stdout: ended.stdout, stderr: ended.stderr };
};
interface Failed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const refusal = (node: string) => ({
  code: 1,
  stdout: '',
  stderr: `podstrap needs Node.js 20.19 or newer, and this is ${node}. Install a newer one, for example from https://nodejs.org, and run podstrap with that.\n`,
});

/** This Node, under the number of another. */
const posing = (node: string) =>
  run(
    process.execPath,
    '-e',
    `Object.defineProperty(process.versions, 'node', { value: ${JSON.stringify(node)} });
     process.argv = [process.argv[0], ${JSON.stringify(bin)}, '--version'];
     require(${JSON.stringify(bin)})`,
  );

test.each(['0.12.18', '12.22.12', '18.20.8', '20.18.3'])(
  'Node %s is told that it is too old',
  async (node) => {
    expect(await posing(node)).toEqual(refusal(node));
  },
);

test.each(['20.19.0', '20.20.0', '21.0.0', '26.1.0'])('Node %s is not', async (node) => {
  expect(await posing(node)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe.each<string>(tooOld)('Node %s itself', (old) => {
  leftOutUnless(existsSync(nodeOf(old)), '`npm run check:floor` brings it').test(
    'says so in one sentence',
    async () => {
      expect(await run(nodeOf(old), bin, 'plan')).toEqual(refusal(old));
    },
  );
});
