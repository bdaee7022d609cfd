import { expect, test } from 'vitest';
import { passOn } from '../../src/cli/pass-on.js';
import { program } from '../../src/cli/program.js';

test.for<readonly [given: string, passed: string]>([
  ['kubectl get nodes -o wide', 'kubectl -- get nodes -o wide'],
  ['-f prod.yaml kubectl apply -f app.yaml', '-f prod.yaml kubectl -- apply -f app.yaml'],
  ['--file=prod.yaml -v kubectl get', '--file=prod.yaml -v kubectl -- get'],
  ['kubectl', 'kubectl --'],
  ['kubectl --help', 'kubectl --help'],
  ['kubectl -- --help', 'kubectl -- --help'],
  ['kubectl get --help', 'kubectl -- get --help'],
  ['-f kubectl plan', '-f kubectl plan'],
  ['history show kubectl', 'history show kubectl'],
])('%s', ([given, passed]) => {
  expect(passOn(given.split(' '), program()).join(' ')).toBe(passed);
});
