import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { release } from '../../src/kubernetes/versions.js';
import type { Operator } from './operator.js';

/** Manifests of an addon in the operator's folder, as a user writes them: a custom resource before its definition. */
export interface AddonFolder {
  /** Writes all of it anew. @param tag of the pause image that its Deployment runs */
  write(options?: { readonly tag?: string; readonly color?: string }): Promise<void>;
  /** Takes the custom resource, with its definition, out of it. */
  withoutCrates(): Promise<void>;
}

export function addonFolder({ directory }: Operator, kubernetesVersion: string): AddonFolder {
  const folder = join(directory, 'shop');
  const pause = release(kubernetesVersion).tags.pause;
  return {
    write: async ({ tag = pause, color = 'blue' } = {}) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'crates.yaml'), crates);
      await writeFile(join(folder, 'web.yaml'), web(tag, color));
    },
    withoutCrates: () => rm(join(folder, 'crates.yaml')),
  };
}

const crates = `apiVersion: shop.example.com/v1
kind: Crate
metadata: { name: first, namespace: shop }
spec: { size: 3 }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: crates.shop.example.com, creationTimestamp: null }
spec:
  group: shop.example.com
  scope: Namespaced
  names: { plural: crates, singular: crate, kind: Crate }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { spec: { type: object, properties: { size: { type: integer, default: 1 }, kind: { type: string, default: wood } } } }
status: { conditions: [], storedVersions: [] }
`;

/** Quantities in other words than the API server's, an octal mode, and much that it fills in. */
const web = (tag: string, color: string) => `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: settings, namespace: shop }
    data: { color: ${color} }
  - apiVersion: v1
    kind: Secret
    metadata: { name: word, namespace: shop }
    stringData: { word: open sesame }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  strategy: { rollingUpdate: { maxUnavailable: 0 } }
  selector: { matchLabels: { app: web } }
  template:
    metadata: { creationTimestamp: null, labels: { app: web } }
    spec:
      containers:
        - name: web
          image: registry.k8s.io/pause:${tag}
          resources: { requests: { cpu: 0.01, memory: 1048576 }, limits: { memory: 0.0625Gi } }
          volumeMounts: [{ name: settings, mountPath: /settings }]
      volumes: [{ name: settings, configMap: { name: settings, defaultMode: 0440 } }]
`;
