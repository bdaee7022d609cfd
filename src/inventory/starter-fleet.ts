import { fleetSchemaFile } from './json-schema.js';

/**
 * The first inventory of hosts without an API, with comments for its author. Valid as it is.
 * @param schema where editors find the JSON Schema: a path relative to the file, or a URL; undefined where there is none
 */
export const starterFleet = ({ name, schema }: { name: string; schema: string | undefined }): string =>
  `# yaml-language-server: $schema=${schema ?? fleetSchemaFile}
# The fleet ${name}: hosts on which a kubelet alone runs static pods; see docs/fleets.md.
# Change the address below, then:  podstrap plan   (shows what would change)
#                                  podstrap up     (applies it; run it again after every edit of this file)
apiVersion: podstrap.io/v1alpha1
kind: Fleet
metadata:
  name: ${name}
spec:
  # Of the kubelets.
  kubernetesVersion: v1.36.3

  # How to log in. Your ssh_config, agent and known_hosts are used as they are; add here what they do not say.
  ssh:
    user: root
    # identityFile: ~/.ssh/id_ed25519
    # become: sudo   # when the user is not root; then this is the default

  hosts:
    - name: shop-001
      address: 192.0.2.21
      labels: { ring: canary }
    # - { name: shop-002, address: 192.0.2.22, values: { till: 7 } }
  # Or from lists: CSV with a line of columns, JSON, a command that prints JSON.
  # hostsFrom:
  #   - { file: more-shops.csv }

  # bridge: each pod has an address behind its host; host: pods share the network of their host.
  networking: { plugin: bridge }

  # What runs there; see docs/static-pods.md. The manifest is a Pod; "{{host.name}}" and "{{values.till}}" are filled in.
  # staticPods:
  #   - name: web
  #     manifest: pods/web.yaml
  #     files: [{ source: web/nginx.conf, path: /etc/nginx/conf.d/web.conf }]

  # Changes reach one ring after another.
  rollout:
    stages:
      - { name: canary, hosts: { matchLabels: { ring: canary } }, soak: 10m }
      # - { name: rest, maxParallel: 10% }
    minHealthyTime: 30s
`;
