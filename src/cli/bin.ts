#!/usr/bin/env node
import { ignoreHangUps } from './end-signals.js';
import { exitCodes } from './exit-codes.js';
import { loseOutput, lostOutput } from './lost-output.js';
import { main } from './main.js';
import { printError } from './terminal.js';

ignoreHangUps();

// Whether somebody reads what we print does not decide what happens to a cluster; only how we end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', loseOutput);
process.on('exit', (code) => {
  const lost = lostOutput();
  if (lost === undefined || (code !== exitCodes.success && code !== exitCodes.changesPending)) return;
  process.exitCode = lost.unread ? exitCodes.unread : exitCodes.failure;
  if (!lost.unread)
    printError(
      `The output is incomplete: ${lost.said}\nFree some space where it goes, or send it somewhere else.\n`,
    );
});

await main(process.argv.slice(2));
