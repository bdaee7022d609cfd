import { components } from '../desired/component.js';
import { parseVersion } from '../desired/version.js';
import { paths } from '../host/paths.js';
import { type Running, versionIn } from '../plan/running.js';
import type { Transport } from '../transport/transport.js';
import { sections } from './sections.js';

const script = `exec 2>/dev/null
for c in ${components.join(' ')}; do echo "@$c"; grep -m 1 'image:' "$R${paths.manifests}/$c.yaml"; done
echo @kubelet; "$R${paths.kubelet}" --version
echo @end
`;

/** What a control plane's manifests and its kubelet say that they are: the least that tells the versions there. Reads only. */
export async function readVersions(transport: Transport): Promise<readonly [host: string, Running]> {
  const { stdout } = await transport.exec({ script, timeoutMs: 30_000 });
  const said = sections(stdout);
  const found = components.flatMap((name) => {
    const version = versionIn(said.get(name)?.[0]);
    return version === undefined ? [] : [[name, version]];
  });
  const kubelet = parseVersion(/\bv\d+\.\d+\.\d+\S*/.exec(said.get('kubelet')?.[0] ?? '')?.[0] ?? '');
  return [transport.host, { components: Object.fromEntries(found), ...(kubelet ? { kubelet } : {}) }];
}
