import type { Json } from './server-side-apply.js';
import type { Stored } from './stored-object.js';

/** True when nodes have an image, so that pods of it can run. */
export type HasImage = (ref: string) => boolean;

type Workload = Stored & {
  readonly kind?: string;
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Record<string, string> };
    readonly template?: {
      readonly metadata?: { readonly labels?: Record<string, string> };
      readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image: string }[] };
    };
  };
};

const lacking = (object: Workload, hasImage: HasImage) =>
  (object.spec?.template?.spec?.containers ?? []).filter(({ image }) => !hasImage(image));

/** How an object stands when its controller and the kubelets have done at once what they can: pods run where their images are. */
export function withStatus(kind: string, object: Stored, hasImage: HasImage): Stored {
  if (object['status'] !== undefined) return object;
  const status = statusOf(kind, object as Workload, hasImage);
  return status === undefined ? object : { ...object, status };
}

function statusOf(kind: string, object: Workload, hasImage: HasImage): Json | undefined {
  const runs = lacking(object, hasImage).length === 0;
  const replicas = object.spec?.replicas ?? 1;
  const ready = runs ? replicas : 0;
  switch (kind) {
    case 'Deployment':
      return { replicas, updatedReplicas: replicas, readyReplicas: ready, availableReplicas: ready };
    case 'StatefulSet':
      return { replicas, updatedReplicas: replicas, readyReplicas: ready };
    case 'DaemonSet':
      return { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: runs ? 1 : 0 };
    case 'Job':
      return runs ? { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] } : { active: 1 };
    case 'CustomResourceDefinition':
      return { conditions: [{ type: 'Established', status: 'True' }] };
    default:
      return undefined;
  }
}

/** The pods of a workload that wait for an image which no node has. */
export function waitingPods(object: Stored, hasImage: HasImage): readonly Stored[] {
  const containers = lacking(object as Workload, hasImage);
  if (containers.length === 0) return [];
  const { name = '', namespace = 'default' } = object.metadata;
  const labels = (object as Workload).spec?.template?.metadata?.labels ?? {};
  return [
    {
      metadata: { name: `${name}-practice`, namespace, labels },
      spec: { containers },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: containers.map((container) => ({
          name: container.name,
          ready: false,
          state: {
            waiting: {
              reason: 'ImagePullBackOff',
              message: `Back-off pulling image ${JSON.stringify(container.image)}`,
            },
          },
        })),
      },
    },
  ];
}
