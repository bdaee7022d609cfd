import { paths } from '../../host/paths.js';
import { Forwarder, type Listener } from '../network.js';
import { type Component, type ComponentContext, Crash, endpointOfUrl } from './component.js';
import { KubeApiServer } from './kube-apiserver.js';
import { acceptHttp } from './tls-acceptor.js';
import { distrustServer } from './trust.js';

interface Place {
  readonly address: string;
  readonly port: number;
}

/** What the stand-in understands of a configuration. */
interface Config {
  readonly revision: string;
  readonly api: Place;
  readonly health: Place;
  readonly servers: readonly Place[];
  readonly authority: string;
  /** The name that certificates of servers must have. */
  readonly name: string;
}

/**
 * A worker's balancer: a TCP proxy that reads its servers from the real configuration, anew for each connection, and
 * takes the first one that is ready in the eyes of a check over TLS.
 * @throws Crash when it would not start
 */
export function startBalancer(context: ComponentContext): Component {
  const { host, network } = context;
  const config = () => parseConfig(context.read(paths.balancerConfig));
  const { api, health } = config();
  const answer = (place: Place) => network.service(host, place.address, place.port);
  const isUp = (place: Place, { authority, name }: Config): boolean => {
    const server = answer(place);
    if (!(server instanceof KubeApiServer)) return false;
    const reason = distrustServer(server.serverCertificate, context.read(authority), name, context.now());
    if (reason !== undefined) return false;
    return server.answer({ user: undefined, method: 'GET', path: '/readyz' }).status === 200;
  };
  const next = (): Place | undefined => {
    const now = config();
    return now.servers.find((server) => isUp(server, now));
  };
  const forwarder = new Forwarder(() => {
    const place = next();
    return place && answer(place);
  });
  const forward: Listener = (stream) => {
    const place = next();
    const listener = place && network.find(host, place.address, place.port);
    if (listener === undefined) stream.destroy();
    else listener(stream);
  };
  const tellHealth = acceptHttp((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const asked = url.searchParams.get('revision');
    const say = (status: number, text: string) => response.writeHead(status).end(text);
    if (url.pathname === '/livez') return say(200, 'alive');
    if (asked !== null && asked !== config().revision) return say(503, 'another configuration is loaded');
    if (context.fault().neverReady || next() === undefined) return say(503, 'no API server is ready');
    return url.pathname === '/readyz' ? say(200, 'ready') : say(404, 'not found');
  });
  const ends: (() => void)[] = [];
  const stop = () => {
    for (const end of ends) end();
  };
  try {
    ends.push(listen(context, api, forward, forwarder));
    ends.push(listen(context, health, tellHealth));
  } catch (error) {
    stop();
    throw error;
  }
  return { stop };
}

function listen(
  { host, network }: ComponentContext,
  { address, port }: Place,
  listener: Listener,
  service?: Forwarder,
): () => void {
  try {
    return network.listen(host, address, port, 'haproxy', listener, service);
  } catch (error) {
    throw new Crash(`[ALERT] Starting frontend: ${(error as Error).message}`);
  }
}

/** @throws Crash in the words of HAProxy where something is missing */
function parseConfig(text: string): Config {
  const one = (pattern: RegExp, what: string): string => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new Crash(`[ALERT] config : no ${what} in ${paths.balancerConfig}`);
    return found;
  };
  const bind = (frontend: string) =>
    endpointOfUrl(
      `http://${one(new RegExp(`^frontend ${frontend}\\n(?:    .*\\n)*?    bind (\\S+)$`, 'm'), `bind of ${frontend}`)}`,
    );
  return {
    revision: one(/^# revision: (\w+)$/m, 'revision'),
    api: bind('api'),
    health: bind('health'),
    servers: [...text.matchAll(/^ {4}server \S+ (\S+)$/gm)].map(([, at]) => endpointOfUrl(`http://${at}`)),
    authority: one(/ ca-file (\S+)/, 'ca-file'),
    name: one(/ verifyhost (\S+)/, 'verifyhost'),
  };
}
