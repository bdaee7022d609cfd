import { paths } from '../host/paths.js';
import { components } from '../kubernetes/pod-names.js';
import { parseVersion } from '../kubernetes/version.js';
import type { Transport } from '../transport/transport.js';
import { kubeletVersion } from './probe/kubelet-version.js';
import { type Running, versionIn } from './running.js';
import { askSections } from './sections.js';

const script = `exec 2>/dev/null
for c in ${components.join(' ')}; do t "$c"; grep -m 1 'image:' "$R${paths.manifests}/$c.yaml"; done
t kubelet; "$R${paths.kubelet}" --version
t end
`;

const isTitle = (title: string): boolean => [...components, 'kubelet', 'end'].includes(title);

/** What a control plane's manifests and its kubelet say that they are: the least that tells the versions there. Reads only. */
export async function readVersions(transport: Transport): Promise<Running> {
  const { all: said } = await askSections(transport, { script, timeoutMs: 30_000 }, isTitle);
  const found = components.flatMap((name) => {
    const version = versionIn(said.get(name)?.[0]);
    return version === undefined ? [] : [[name, version]];
  });
  const kubelet = parseVersion(kubeletVersion(said.get('kubelet')) ?? '');
  return { components: Object.fromEntries(found), ...(kubelet ? { kubelet } : {}) };
}
