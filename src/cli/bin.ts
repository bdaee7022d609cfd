#!/usr/bin/env node
import { main } from './main.js';

// `podstrap … | head` closes our output before we are done; that is the reader's right, not a defect.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

await main(process.argv.slice(2));
