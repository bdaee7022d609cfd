import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../lab/command.js';

const bin = join(import.meta.dirname, '../../dist/cli/bin.js');

test.each([
  [['demo'], ['changes nothing', 'vi /etc/kubernetes/manifests']],
  [
    ['demo', '--offline'],
    ['upstream has stopped answering', 'is whole:', 'Nothing to do'],
  ],
  [
    ['demo', '--fleet'],
    ['the canary', 'Done:'],
  ],
])('the story of podstrap %j is played to its end', async (words, says) => {
  const environment = { NO_COLOR: '1', SSH_AUTH_SOCK: undefined, KUBECONFIG: undefined };
  const { code, stdout, stderr } = await runCommand(process.execPath, [bin, ...words], { environment });
  expect(code, `${stdout}${stderr}`).toBe(0);
  for (const text of [...says, 'That was podstrap']) expect(stdout).toContain(text);
});
