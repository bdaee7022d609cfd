import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, startLab } from './hosts.js';
import { kubeadmInit, kubeadmJoin, prepareForKubeadm } from './kubeadm.js';
import { namedHosts } from './named-hosts.js';

describe('the yardstick, and with it the lab', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({
      hosts: namedHosts('yard', 2, 61),
    });
  });
  afterAll(() => lab?.down());

  it('kubeadm makes a control plane of two hosts', async () => {
    await Promise.all(lab.hosts.map(({ name }) => prepareForKubeadm(lab, name)));
    const ticket = await kubeadmInit(lab, 'yard-1');
    await kubeadmJoin(lab, 'yard-2', ticket);
    const nodes = await lab.read(
      'yard-2',
      'kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o name',
    );
    expect(nodes.trim().split('\n')).toEqual(['node/yard-1', 'node/yard-2']);
  });
});
