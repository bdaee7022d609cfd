import { isOwnPod } from '../../kubernetes/pod-names.js';
import type { StaticPodResource } from '../resource.js';

/** Whether the containers of a pod may have ended for good: only those of people's own do, by their `restartPolicy`. Pure. */
export const mayHaveEnded = ({ name, content }: Pick<StaticPodResource, 'name' | 'content'>): boolean =>
  !isOwnPod(name) && /^ {2}restartPolicy: "?(Never|OnFailure)"?$/m.test(content);
