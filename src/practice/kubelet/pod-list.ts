import type { PodRunner } from './pod-runner.js';

/** What a kubelet tells of its pods, as far as anybody asks. */
export const podList = (runners: readonly PodRunner[]) => ({
  apiVersion: 'v1',
  kind: 'PodList',
  items: runners.filter(({ isStopping }) => !isStopping).map(podOf),
});

function podOf(runner: PodRunner) {
  const { pod, restarts } = runner;
  const statuses = pod.containers.map(({ name, image }) => {
    const ready = runner.isUp(name);
    return {
      name,
      image,
      ready,
      restartCount: restarts.get(name) ?? 0,
      state: ready
        ? { running: {} }
        : {
            waiting: { reason: 'CrashLoopBackOff', message: `back-off restarting failed container=${name}` },
          },
    };
  });
  const ready = statuses.every((status) => status.ready);
  return {
    metadata: { name: pod.name, namespace: pod.namespace, uid: pod.uid, labels: pod.labels },
    spec: { restartPolicy: 'Always', containers: pod.containers.map(({ name, image }) => ({ name, image })) },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: statuses,
    },
  };
}
