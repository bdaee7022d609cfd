// asker.mjs LANE URL [RESOLVER]: asks a web server again and again, each time through a new connection, and prints a line of
// JSON for each request. RESOLVER is the name server that is asked for URL's host, each time anew.
import { Resolver } from 'node:dns/promises';
import { get } from 'node:http';
import { isIPv6 } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const [lane, url, resolver] = process.argv.slice(2);
/** Of the addresses that are asked for: the resolver's own. */
const family = isIPv6(resolver ?? '') ? 6 : 4;
/** Milliseconds for one request, the name's address with it: three tries of a packet that got lost. */
const patience = 5_000;

/**
 * A port that nobody had for a quarter of an hour, and that no asker of another lane has. The kernel would take any: but a connection that was never answered leaves
 * its way to a server behind for two minutes, and whoever gets its port goes the same way, also when that server is gone.
 */
const unusedPort = () => 20_000 + ((Math.floor(Date.now() / 100) * 4 + Number(lane)) % 40_000);

/** A new resolver asks from a new port, as a program's library does. */
async function lookup(name, { all }, done) {
  const from = new Resolver({ timeout: 1_500, tries: 3 });
  from.setServers([resolver]);
  try {
    const [address] = await (family === 6 ? from.resolve6(name) : from.resolve4(name));
    if (all) done(null, [{ address, family }]);
    else done(null, address, family);
  } catch (error) {
    done(error);
  }
}

const ask = () =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => request.destroy(new Error(`no answer in ${patience} ms`)), patience);
    const request = get(url, { agent: false, localPort: unusedPort(), lookup }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(text)
          : reject(new Error(`HTTP ${response.statusCode} ${text}`)),
      );
    });
    request.on('error', reject).on('close', () => clearTimeout(late));
  });

for (; ; await pause(110)) {
  const at = Date.now();
  const outcome = await ask().then(
    (by) => ({ by }),
    (error) => ({ said: String(error.message || error.code), code: error.code }),
  );
  // Somebody else on that host has the port: nobody was asked.
  if (outcome.code === 'EADDRINUSE') continue;
  const { by, said } = outcome;
  process.stdout.write(`${JSON.stringify({ at, took: Date.now() - at, by, said })}\n`);
}
