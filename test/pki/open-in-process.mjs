// Opens a keystore, and kills itself with SIGKILL before the write operation whose number it is given.
// Arguments: compiled sources, directory of the keystore, inventory and moment as JSON; KILL_BEFORE: the number.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { pathToFileURL } from 'node:url';

const [dist, directory, input] = process.argv.slice(2);
const last = Number(process.env.KILL_BEFORE ?? Number.POSITIVE_INFINITY);
let operations = 0;

for (const name of ['link', 'mkdir', 'open', 'rename', 'rm', 'symlink']) {
  const operation = fs.promises[name];
  fs.promises[name] = (...args) => {
    operations++;
    if (operations >= last) process.kill(process.pid, 'SIGKILL');
    return operation(...args);
  };
}
syncBuiltinESMExports();

const { openKeystore } = await import(pathToFileURL(`${dist}/pki/store/keystore.js`));
const { inventory, now } = JSON.parse(input);
const { keys, made } = await openKeystore({ directory, inventory, now: new Date(now) });
process.stdout.write(
  JSON.stringify({ operations, made, clusterId: keys.clusterId, ca: keys.authorities.ca.certificate }),
);
