import { at } from '../host/shell.js';
import { controlPlanes } from '../inventory/inventory.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Transport } from '../transport/transport.js';

interface Warning {
  readonly host: string;
  readonly message: string;
}

/** Milliseconds of silence after which a port counts as filtered: a host that is there answers or refuses at once. */
const silence = 2_000;
/** Milliseconds; etcd's own advice for the 99th percentile of its WAL fsyncs. */
const slowSync = 10;

/** What can only be seen by trying, before a first bootstrap: ways between the hosts, and the disk under etcd. */
export async function lookBetweenHosts(session: Session, site: Site): Promise<readonly Warning[]> {
  const hosts = controlPlanes(session.inventory);
  const dataDir = session.inventory.spec.etcd.local.dataDir;
  const ports = [2379, 2380, session.inventory.spec.apiServer.bindPort];
  const looks = hosts.flatMap((from) => {
    const transport = site.transports.get(from.name)!;
    const ways = hosts
      .filter((to) => to !== from)
      .map((to) => filtered(transport, to.name, to.advertiseAddress, ports));
    return [...ways, slowDisk(transport, dataDir)];
  });
  return (await Promise.all(looks)).flatMap((warning) => warning ?? []);
}

async function filtered(
  transport: Transport,
  name: string,
  address: string,
  ports: readonly number[],
): Promise<Warning | undefined> {
  const silent = await Promise.all(
    ports.map(async (port) => ((await answers(transport, address, port)) ? [] : [port])),
  );
  const list = silent.flat();
  return list.length === 0
    ? undefined
    : {
        host: transport.host,
        message: `no answer from ${name} (${address}) on port ${list.join(', ')}: a firewall between them? Nothing listens there yet, but a refusal would have come back.`,
      };
}

/** True when a connection is made or refused within the time: both mean that packets go there and back. */
export async function answers(transport: Transport, address: string, port: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), silence);
  });
  const answered = transport.open(address, port).then(
    (stream) => {
      stream.destroy();
      return true;
    },
    () => true,
  );
  const result = await Promise.race([answered, quiet]);
  clearTimeout(timer);
  return result;
}

/** Times synchronous writes of the size of etcd's where etcd's data will be, and removes what it wrote. */
async function slowDisk(transport: Transport, dataDir: string): Promise<Warning | undefined> {
  const count = 50;
  const { stdout } = await transport.exec({
    script: `d=${at(dataDir)}; while [ -n "$d" ] && [ ! -d "$d" ]; do d=\${d%/*}; done; f="$d/.podstrap-fsync"; trap 'rm -f "$f"' EXIT
dd if=/dev/zero of="$f" bs=2300 count=${count} oflag=dsync 2>&1 | tail -n 1`,
    timeoutMs: 60_000,
  });
  const seconds = Number(/([\d.]+) s\b/.exec(stdout.replace(',', '.'))?.[1]);
  const each = (seconds * 1000) / count;
  return each > slowSync
    ? {
        host: transport.host,
        message: `a synchronous write below ${dataDir} takes ${each.toFixed(1)} ms; etcd wants under ${slowSync} ms. Give it a faster disk.`,
      }
    : undefined;
}
