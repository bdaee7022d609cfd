import { load } from 'js-yaml';
import { Crash } from './components/component.js';

/** Whom a component speaks to, and as whom. */
export interface Kubeconfig {
  readonly server: string;
  /** What the server's certificate is to be for, where that is not the host of its address. */
  readonly serverName?: string;
  /** PEM. */
  readonly authority: string;
  /** PEM. */
  readonly certificate: string;
}

interface Document {
  readonly 'current-context'?: string;
  readonly contexts?: readonly { name: string; context: { cluster: string; user: string } }[];
  readonly clusters?: readonly {
    name: string;
    cluster: {
      server: string;
      'tls-server-name'?: string;
      'certificate-authority-data'?: string;
      'certificate-authority'?: string;
    };
  }[];
  readonly users?: readonly {
    name: string;
    user: {
      'client-certificate-data'?: string;
      'client-certificate'?: string;
      'client-key-data'?: string;
      'client-key'?: string;
    };
  }[];
}

/** Reads a kubeconfig. @param read text of a file that it refers to @throws Crash when something in it is missing */
export function parseKubeconfig(
  text: string,
  path: string,
  read: (path: string) => string | undefined,
): Kubeconfig {
  const document = parse(text, path);
  const context = document.contexts?.find(({ name }) => name === document['current-context'])?.context;
  const cluster = document.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = document.users?.find(({ name }) => name === context?.user)?.user;
  if (cluster === undefined || user === undefined)
    throw new Crash(`invalid configuration: no configuration has been provided in ${path}`);
  const part = (data: string | undefined, file: string | undefined, what: string): string => {
    const found = data !== undefined ? Buffer.from(data, 'base64').toString('utf8') : file && read(file);
    if (!found) throw new Crash(`invalid configuration: ${what} is missing in ${path}`);
    return found;
  };
  part(user['client-key-data'], user['client-key'], 'client-key');
  return {
    server: cluster.server,
    ...(cluster['tls-server-name'] === undefined ? {} : { serverName: cluster['tls-server-name'] }),
    authority: part(
      cluster['certificate-authority-data'],
      cluster['certificate-authority'],
      'certificate-authority',
    ),
    certificate: part(user['client-certificate-data'], user['client-certificate'], 'client-certificate'),
  };
}

function parse(text: string, path: string): Document {
  try {
    return (load(text) ?? {}) as Document;
  } catch {
    throw new Crash(`error loading config file "${path}": yaml: cannot be read`);
  }
}
