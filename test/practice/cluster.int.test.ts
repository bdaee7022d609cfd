import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeCluster, practiceCluster, until } from './cluster.js';

let cluster: PracticeCluster;
const hosts = ['cp-1', 'cp-2', 'cp-3'];
const ready = (host: string) => async () =>
  (await cluster.api(host, { method: 'GET', path: '/readyz' }).catch(() => ({ status: 0 }))).status === 200;
const manifests = '"$R/etc/kubernetes/manifests"';
const members = async (host: string) =>
  (await cluster.etcd(host, '/cluster/member/list')).body.members as {
    ID: string;
    name?: string;
    isLearner?: boolean;
    clientURLs?: string[];
  }[];

beforeAll(async () => {
  cluster = await practiceCluster(3);
  for (const host of hosts) await until(ready(host));
});
afterAll(async () => {
  await cluster.close();
});

describe('a cluster on practice hosts', () => {
  test('comes up from manifests, certificates and kubeconfigs alone', async () => {
    for (const host of hosts) {
      expect(await cluster.health(host, 'http://127.0.0.1:10248/healthz')).toBe(200);
      expect(await cluster.health(host, 'http://127.0.0.1:2381/readyz')).toBe(200);
      await until(async () => (await cluster.health(host, 'https://127.0.0.1:10257/healthz')) === 200);
      await until(async () => (await cluster.health(host, 'https://127.0.0.1:10259/readyz')) === 200);
    }
    expect(cluster.site.refused).toEqual([]);
  });

  test('has one etcd with one leader', async () => {
    expect((await members('cp-1')).map(({ name }) => name).sort()).toEqual(hosts);
    const statuses = await Promise.all(hosts.map((host) => cluster.etcd(host, '/maintenance/status')));
    expect(new Set(statuses.map(({ body }) => body.leader)).size).toBe(1);
    expect(statuses[0]!.body).toMatchObject({ version: '3.6.11', leader: expect.stringMatching(/^\d+$/) });
    expect(statuses[0]!.body.isLearner).toBeUndefined();
  });

  test('registers its nodes, with the taints of their kubelets, and shows mirror pods', async () => {
    await until(async () => {
      const { body } = await cluster.api('cp-1', { method: 'GET', path: '/api/v1/nodes' });
      return (body as { items: unknown[] }).items.length === 3;
    });
    const { body } = await cluster.api('cp-2', { method: 'GET', path: '/api/v1/nodes/cp-3' });
    expect(body).toMatchObject({
      metadata: { labels: { 'kubernetes.io/hostname': 'cp-3' } },
      spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
      status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const pod = '/api/v1/namespaces/kube-system/pods/etcd-cp-2';
    await until(async () => (await cluster.api('cp-1', { method: 'GET', path: pod })).status === 200);
  });

  test('has its kubelets take over a node that somebody made before them', async () => {
    const path = '/api/v1/nodes/cp-3';
    await cluster.run('cp-3', 'systemctl stop kubelet');
    expect(await cluster.api('cp-1', { method: 'DELETE', path })).toMatchObject({ status: 200 });
    const made = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'cp-3', labels: { rack: 'b' } } };
    const body = JSON.stringify(made);
    const answer = await cluster.api('cp-1', { method: 'POST', path: '/api/v1/nodes?fieldManager=t', body });
    expect(answer).toMatchObject({ status: 201 });
    await cluster.run('cp-3', 'systemctl start kubelet');
    await until(async () => {
      const now = await cluster.api('cp-1', { method: 'GET', path });
      return (now.body as { status?: { conditions?: unknown } }).status?.conditions !== undefined;
    });
    expect((await cluster.api('cp-1', { method: 'GET', path })).body).toMatchObject({
      metadata: { labels: { rack: 'b', 'kubernetes.io/hostname': 'cp-3' } },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });

  test('elects one controller-manager and one scheduler', async () => {
    for (const name of ['kube-controller-manager', 'kube-scheduler']) {
      const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`;
      await until(async () => (await cluster.api('cp-1', { method: 'GET', path })).status === 200);
      const { body } = await cluster.api('cp-2', { method: 'GET', path });
      expect(body).toMatchObject({ spec: { holderIdentity: expect.stringMatching(/^cp-\d_/) } });
    }
  });

  test('shows its pods to ctr by their labels', async () => {
    const revision = /podstrap.io\/revision: (\w+)/.exec(
      await cluster.run('cp-1', `cat ${manifests}/etcd.yaml`),
    )![1];
    const kind = 'labels."io.cri-containerd.kind"==sandbox';
    const [sandbox] = (
      await cluster.run(
        'cp-1',
        `ctr -n k8s.io containers ls -q 'labels."podstrap.io/revision"==${revision},${kind}'`,
      )
    ).split('\n');
    expect(sandbox).toMatch(/^[0-9a-f]{64}$/);
    expect(await cluster.run('cp-1', `ctr -n k8s.io tasks ls | grep '^${sandbox} .*RUNNING'`)).not.toBe('');
    expect(
      await cluster.run(
        'cp-1',
        `ctr -n k8s.io containers ls -q 'labels."podstrap.io/revision"==nothing' 'labels."io.kubernetes.container.name"==etcd' | wc -l`,
      ),
    ).toBe('1');
  });
});

describe('rights', () => {
  const get = { method: 'GET', path: '/api/v1/namespaces/kube-system/configmaps' } as const;

  test('the administrator of kubeadm may do nothing before its binding exists, and everything after', async () => {
    const admin = cluster.keys.hosts['cp-1']!.admin!;
    expect((await cluster.api('cp-1', get, admin)).status).toBe(403);
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'kubeadm:cluster-admins' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'kubeadm:cluster-admins' }],
    };
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
    expect((await cluster.api('cp-2', { method: 'POST', path, body: JSON.stringify(binding) })).status).toBe(
      201,
    );
    expect((await cluster.api('cp-1', get, admin)).status).toBe(200);
  });

  test('a client of another authority is nobody', async () => {
    expect((await cluster.api('cp-1', get, cluster.keys.operator.etcd)).status).toBe(401);
  });

  test('whoever shows no certificate may look at health only', async () => {
    expect(await cluster.health('cp-1', 'https://10.0.0.11:6443/readyz')).toBe(200);
    expect(await cluster.health('cp-1', 'https://10.0.0.11:6443/api/v1/nodes')).toBe(401);
  });

  test('etcd speaks only to clients of its own authority', async () => {
    expect(await cluster.health('cp-1', 'https://127.0.0.1:2379/v3/cluster/member/list')).toBe(0);
  });
});

describe('objects', () => {
  const collection = '/api/v1/namespaces/default/configmaps';
  const path = `${collection}/c`;
  const object = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data });
  const send = (
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    to: string,
    body?: object,
    contentType?: string,
  ) =>
    cluster.api('cp-1', {
      method,
      path: to,
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(contentType ? { contentType } : {}),
    });
  const apply = (body: object, query = 'fieldManager=one') =>
    send('PATCH', `${path}?${query}`, body, 'application/apply-patch+yaml');

  test('are written on one server and read on another', async () => {
    expect((await send('POST', collection, object({ a: '1' }))).status).toBe(201);
    const { body } = await cluster.api('cp-3', { method: 'GET', path });
    expect(body).toMatchObject({
      data: { a: '1' },
      metadata: { namespace: 'default', uid: expect.any(String) },
    });
    expect((await send('POST', collection, object({}))).body).toMatchObject({
      kind: 'Status',
      reason: 'AlreadyExists',
      code: 409,
    });
    expect((await cluster.api('cp-2', { method: 'GET', path: `${collection}/d` })).body).toMatchObject({
      reason: 'NotFound',
    });
  });

  test('are not overwritten from an old state', async () => {
    const { body } = await cluster.api('cp-1', { method: 'GET', path });
    const old = body as { metadata: { resourceVersion: string } };
    expect((await send('PUT', path, { ...old, data: { a: '2' } })).status).toBe(200);
    expect((await send('PUT', path, { ...old, data: { a: '3' } })).body).toMatchObject({
      reason: 'Conflict',
    });
  });

  test('are merged by patches', async () => {
    const merged = await send('PATCH', path, { data: { a: null, b: 'x' } }, 'application/merge-patch+json');
    expect(merged.body).toMatchObject({ data: { b: 'x' } });
    expect(merged.body).not.toMatchObject({ data: { a: expect.anything() } });
    expect((await send('DELETE', path)).status).toBe(200);
  });

  test('are applied field by field: what a manager names no more goes, what others own stays', async () => {
    expect((await apply(object({ a: '1', b: '1' }))).status).toBe(201);
    expect((await apply(object({ c: '1' }), 'fieldManager=two')).status).toBe(200);
    expect((await apply(object({ a: '2' }))).body).toMatchObject({ data: { a: '2', c: '1' } });
    const { body } = await cluster.api('cp-1', { method: 'GET', path });
    expect((body as { data: object }).data).toEqual({ a: '2', c: '1' });
    expect((await apply(object({ a: '9' }), 'fieldManager=two')).body).toMatchObject({ reason: 'Conflict' });
    expect((await apply(object({ a: '9' }), 'fieldManager=two&force=true')).status).toBe(200);
    expect((await apply(object({}), 'x=y')).status).toBe(400);
  });

  test('of a wrong kind, place or name are refused', async () => {
    expect((await send('POST', collection, { ...object({}), kind: 'Secret' })).status).toBe(400);
    expect((await send('POST', '/api/v1/namespaces/nowhere/configmaps', object({}))).status).toBe(404);
    expect((await send('POST', '/api/v1/configmap', object({}))).status).toBe(404);
    expect((await send('POST', '/api/v1/configmaps', object({}))).status).toBe(405);
    expect((await apply({ ...object({}), metadata: { name: 'other' } })).status).toBe(400);
  });
});

describe('pods follow their manifests', () => {
  const scheduler = 'https://127.0.0.1:10259/readyz';

  test('a manifest that is parked ends its pod, and the kubelet lets go of it', async () => {
    await cluster.run('cp-1', `mv ${manifests}/kube-scheduler.yaml "$R/etc/kubernetes/parked.yaml"`);
    await cluster.eventually(
      'cp-1',
      `! ctr -n k8s.io tasks ls -q | grep -q "$(ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==kube-scheduler')"`,
    );
    await cluster.eventually('cp-1', '[ "$(ls "$R/var/lib/kubelet/pods" | wc -l)" = 3 ]');
    expect(await cluster.health('cp-1', scheduler)).toBe(0);
    await cluster.run('cp-1', `mv "$R/etc/kubernetes/parked.yaml" ${manifests}/kube-scheduler.yaml`);
    await until(async () => (await cluster.health('cp-1', scheduler)) === 200);
  });

  test('one that changes in place is replaced: first the old one ends', async () => {
    await cluster.run(
      'cp-1',
      `cd "$R/etc/kubernetes"; sed s/leader-elect=true/leader-elect=false/ manifests/kube-scheduler.yaml >new.yaml; mv new.yaml manifests/kube-scheduler.yaml`,
    );
    await cluster.eventually(
      'cp-1',
      '[ "$(grep -l leader-elect=false "$R"/etc/kubernetes/manifests/*)" ] && [ "$(ls -d "$R"/var/log/pods/kube-system_kube-scheduler-* | wc -l)" = 2 ]',
    );
    await until(async () => (await cluster.health('cp-1', scheduler)) === 200);
  });

  test('a forgotten backup waits, and takes over when the manifest changes next', async () => {
    await cluster.run('cp-2', `cd ${manifests}; cp kube-scheduler.yaml kube-scheduler.yaml.old`);
    await cluster.eventually(
      'cp-2',
      'grep -q "another pod of this name" "$R/run/practice/journal/kubelet.service"',
    );
    const old = await cluster.run('cp-2', 'ls "$R/var/lib/kubelet/pods" | sort');
    await cluster.run(
      'cp-2',
      `cd "$R/etc/kubernetes"; sed s/leader-elect=true/leader-elect=false/ manifests/kube-scheduler.yaml >new.yaml; mv new.yaml manifests/kube-scheduler.yaml`,
    );
    await cluster.eventually(
      'cp-2',
      `[ "$(ls "$R/var/lib/kubelet/pods" | sort)" != "${old}" ] && [ "$(ls "$R/var/lib/kubelet/pods" | wc -l)" = 4 ]`,
    );
    expect(await cluster.run('cp-2', 'tail -n 1 "$R/run/practice/journal/kubelet.service"')).not.toContain(
      'Killing',
    );
    await cluster.run('cp-2', `rm ${manifests}/kube-scheduler.yaml.old`);
    await until(async () => (await cluster.health('cp-2', scheduler)) === 200);
  });

  test('files that begin with a dot are nobody', async () => {
    await cluster.run(
      'cp-2',
      `cp ${manifests}/etcd.yaml ${manifests}/.etcd.yaml; rm ${manifests}/.etcd.yaml`,
    );
  });

  test('a flag that a component does not know crashes it, and its log says so', async () => {
    await cluster.run(
      'cp-3',
      `cd "$R/etc/kubernetes"; sed 's/- --leader-elect=true/- --leader-elect=true\\n    - --no-such-flag=1/' manifests/kube-scheduler.yaml >new.yaml; cp manifests/kube-scheduler.yaml good.yaml; mv new.yaml manifests/kube-scheduler.yaml`,
    );
    await cluster.eventually(
      'cp-3',
      'grep -qs "unknown flag: --no-such-flag" "$R"/var/log/pods/kube-system_kube-scheduler-cp-3_*/kube-scheduler/1.log',
    );
    await cluster.run('cp-3', `mv "$R/etc/kubernetes/good.yaml" ${manifests}/kube-scheduler.yaml`);
    await until(async () => (await cluster.health('cp-3', scheduler)) === 200);
  });

  test('an image that is not there is waited for', async () => {
    const ref = await cluster.run('cp-3', `sed -n 's/^ *image: //p' ${manifests}/kube-scheduler.yaml`);
    await cluster.run(
      'cp-3',
      `cd "$R/etc/kubernetes"; cp manifests/kube-scheduler.yaml good.yaml; sed 's|image: .*|image: registry.k8s.io/absent:v1|' good.yaml >new.yaml; mv new.yaml manifests/kube-scheduler.yaml`,
    );
    await cluster.eventually(
      'cp-3',
      'journalctl -u kubelet | grep -q "registry.k8s.io/absent:v1. not present"',
    );
    await cluster.run('cp-3', `ctr -n k8s.io images tag ${ref} registry.k8s.io/absent:v1`);
    await until(async () => (await cluster.health('cp-3', scheduler)) === 200);
    await cluster.run('cp-3', `mv "$R/etc/kubernetes/good.yaml" ${manifests}/kube-scheduler.yaml`);
    await until(async () => (await cluster.health('cp-3', scheduler)) === 200);
  });
});

describe('kubelet and systemd', () => {
  test('pods go on while the kubelet is stopped, and it notices nothing', async () => {
    await cluster.run('cp-1', 'systemctl stop kubelet');
    await until(async () => (await cluster.health('cp-1', 'http://127.0.0.1:10248/healthz')) === 0);
    expect(await cluster.health('cp-1', 'https://127.0.0.1:10257/healthz')).toBe(200);
    await cluster.run('cp-1', 'systemctl start kubelet');
    await until(async () => (await cluster.health('cp-1', 'http://127.0.0.1:10248/healthz')) === 200);
  });

  test('what is killed while the kubelet is stopped stays dead until it is back', async () => {
    await cluster.run('cp-1', 'systemctl stop kubelet');
    await until(async () => (await cluster.health('cp-1', 'http://127.0.0.1:10248/healthz')) === 0);
    await cluster.run(
      'cp-1',
      'for t in $(ctr -n k8s.io tasks ls -q); do ctr -n k8s.io tasks kill $t; ctr -n k8s.io tasks delete $t; done 2>/dev/null; for c in $(ctr -n k8s.io containers ls -q); do ctr -n k8s.io containers rm $c; done',
    );
    await until(async () => (await cluster.health('cp-1', 'https://127.0.0.1:10257/healthz')) === 0);
    expect(await cluster.run('cp-1', 'ctr -n k8s.io tasks ls -q; ctr -n k8s.io containers ls -q')).toBe('');
    await cluster.run('cp-1', 'systemctl start kubelet');
    await until(ready('cp-1'));
    await cluster.eventually('cp-1', '[ "$(ctr -n k8s.io tasks ls -q | wc -l)" = 8 ]');
  });

  test('a kubelet that cannot read its configuration is started again and again', async () => {
    await cluster.run(
      'cp-1',
      'mv "$R/var/lib/kubelet/config.yaml" "$R/tmp/config.yaml"; systemctl restart kubelet',
    );
    await cluster.eventually('cp-1', '[ "$(systemctl is-active kubelet)" = activating ]');
    expect(await cluster.run('cp-1', 'journalctl -u kubelet -n 3')).toContain(
      'failed to load kubelet config file, path: /var/lib/kubelet/config.yaml',
    );
    await cluster.run('cp-1', 'mv "$R/tmp/config.yaml" "$R/var/lib/kubelet/config.yaml"');
    await cluster.eventually('cp-1', 'systemctl is-active -q kubelet');
  });
});

describe('etcd', () => {
  test('without a quorum serves nothing, and the API servers say why', async () => {
    await Promise.all(['cp-2', 'cp-3'].map((host) => cluster.site.powerCut(host)));
    expect((await cluster.etcd('cp-1', '/cluster/member/remove', { ID: '1' })).status).toBe(503);
    expect((await cluster.etcd('cp-1', '/maintenance/status')).body).toMatchObject({
      errors: ['etcdserver: no leader'],
    });
    const { status, body } = await cluster.api('cp-1', { method: 'GET', path: '/readyz?verbose' });
    expect({ status, body }).toEqual({ status: 500, body: expect.stringContaining('[-]etcd failed') });
    await Promise.all(['cp-2', 'cp-3'].map((host) => cluster.site.powerOn(host)));
    for (const host of ['cp-2', 'cp-3']) await cluster.logInAgain(host);
    for (const host of hosts) await until(ready(host));
  });

  test('a member that lost its data is kept from starting by the marker, and from founding by the others', async () => {
    const [lost] = (await members('cp-1')).filter(({ name }) => name === 'cp-3');
    const marker = await cluster.run(
      'cp-3',
      `cat ${manifests}/etcd.yaml | grep -B1 'type: File$' | sed -n 's/^ *path: //p'`,
    );
    await cluster.run('cp-3', `mv ${manifests}/etcd.yaml "$R/tmp/etcd.yaml"`);
    await cluster.eventually('cp-3', '[ "$(ls "$R/var/lib/kubelet/pods" | wc -l)" = 3 ]');
    const fourth = { peerURLs: ['https://10.0.0.14:2380'], isLearner: true };
    expect((await cluster.etcd('cp-1', '/cluster/member/add', fourth)).body.message).toBe(
      'etcdserver: unhealthy cluster',
    );
    await cluster.run('cp-3', 'rm -r "$R/var/lib/etcd/member"');
    await cluster.run('cp-3', `mv "$R/tmp/etcd.yaml" ${manifests}/etcd.yaml`);
    await cluster.eventually(
      'cp-3',
      `journalctl -u kubelet | grep -q "hostPath type check failed: ${marker}"`,
    );
    await cluster.run('cp-3', `mkdir -p "$R/var/lib/etcd/member"; echo practice >"$R${marker}"`);
    await cluster.eventually(
      'cp-3',
      'grep -qs "has already been bootstrapped" "$R"/var/log/pods/kube-system_etcd-cp-3_*/etcd/*.log',
    );
    expect((await cluster.etcd('cp-1', '/cluster/member/remove', { ID: lost!.ID })).status).toBe(200);
    const added = await cluster.etcd('cp-1', '/cluster/member/add', {
      peerURLs: ['https://10.0.0.13:2380'],
      isLearner: true,
    });
    const { ID } = added.body.member as { ID: string };
    expect(added.body.member).toEqual({ ID, peerURLs: ['https://10.0.0.13:2380'], isLearner: true });
    expect((await cluster.etcd('cp-1', '/cluster/member/promote', { ID })).body.message).toBe(
      'etcdserver: can only promote a learner member which is in sync with leader',
    );
    await cluster.run(
      'cp-3',
      `cd "$R/etc/kubernetes"; sed 's/\\(- --initial-cluster=.*\\)/\\1\\n    - --initial-cluster-state=existing/' manifests/etcd.yaml >e.yaml; mv e.yaml manifests/etcd.yaml`,
    );
    await until(async () => (await cluster.etcd('cp-1', '/cluster/member/promote', { ID })).status === 200);
    await until(ready('cp-3'));
    expect(
      (await members('cp-3')).every(({ isLearner, clientURLs }) => !isLearner && clientURLs?.length === 1),
    ).toBe(true);
  });

  test('hands leadership over, and only the leader does', async () => {
    const { body } = await cluster.etcd('cp-1', '/maintenance/status');
    const all = await members('cp-1');
    const leader = all.find(({ ID }) => ID === body.leader)!;
    const other = all.find(({ ID }) => ID !== body.leader)!;
    const order = { targetID: other.ID };
    expect((await cluster.etcd(other.name!, '/maintenance/transfer-leadership', order)).body.message).toBe(
      'etcdserver: not leader',
    );
    expect((await cluster.etcd(leader.name!, '/maintenance/transfer-leadership', order)).status).toBe(200);
    expect((await cluster.etcd('cp-1', '/maintenance/status')).body.leader).toBe(other.ID);
  });
});

describe('faults of components', () => {
  test('one that never gets ready, and one that dies after a while', async () => {
    const faults = cluster.site.faults('cp-2');
    faults.component('kube-scheduler', { neverReady: true });
    await until(async () => (await cluster.health('cp-2', 'https://127.0.0.1:10259/readyz')) === 500);
    faults.clear();
    await until(async () => (await cluster.health('cp-2', 'https://127.0.0.1:10259/readyz')) === 200);
    faults.component('kube-scheduler', { diesAfter: 50 });
    await cluster.run(
      'cp-2',
      `ctr -n k8s.io tasks kill $(for c in $(ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==kube-scheduler'); do ctr -n k8s.io tasks ls -q | grep $c; done)`,
    );
    await cluster.eventually(
      'cp-2',
      'grep -qs "practice fault" "$R"/var/log/pods/kube-system_kube-scheduler-cp-2_*/kube-scheduler/*.log',
    );
    faults.clear();
    await until(async () => (await cluster.health('cp-2', 'https://127.0.0.1:10259/readyz')) === 200);
  });

  test('a port that is taken', async () => {
    await cluster.run('cp-2', `mv ${manifests}/kube-scheduler.yaml "$R/tmp/s.yaml"`);
    await until(async () => (await cluster.health('cp-2', 'https://127.0.0.1:10259/readyz')) === 0);
    const free = cluster.site.faults('cp-2').occupyPort(10259, 'squatter');
    await cluster.run('cp-2', `mv "$R/tmp/s.yaml" ${manifests}/kube-scheduler.yaml`);
    await cluster.eventually(
      'cp-2',
      'grep -qs "address already in use" "$R"/var/log/pods/kube-system_kube-scheduler-cp-2_*/kube-scheduler/*.log',
    );
    free();
    await until(async () => (await cluster.health('cp-2', 'https://127.0.0.1:10259/readyz')) === 200);
  });
});
