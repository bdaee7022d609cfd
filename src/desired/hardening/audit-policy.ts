import { canonicalYaml } from '../canonical-yaml.js';

const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/**
 * podstrap's own audit policy: the first rule that fits counts. Who did what to which object is noted of everything that
 * changes something; bodies are, of what gives rights away and of workloads, and never of what holds credentials.
 */
export const baselinePolicy: string = canonicalYaml({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  // A request is noted once it is answered; a second line that it has come tells nothing more.
  omitStages: ['RequestReceived'],
  rules: [
    // What is asked all the time, by programs, and is no secret.
    { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version'] },
    {
      level: 'None',
      resources: [
        { group: '', resources: ['events'] },
        { group: 'events.k8s.io', resources: ['events'] },
      ],
    },
    {
      level: 'None',
      users: ['system:kube-controller-manager', 'system:kube-scheduler'],
      verbs: ['get', 'update'],
      resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }],
    },
    {
      level: 'None',
      userGroups: ['system:nodes'],
      verbs: ['get', 'update'],
      resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }],
    },
    {
      level: 'None',
      userGroups: ['system:nodes'],
      verbs: ['get', 'list', 'watch', 'patch'],
      resources: [{ group: '', resources: ['nodes', 'nodes/status'] }],
    },
    {
      level: 'None',
      users: ['system:kube-proxy', 'system:serviceaccount:kube-system:kube-proxy'],
      verbs: ['watch', 'list'],
      resources: [
        { group: '', resources: ['endpoints', 'services', 'services/status', 'nodes'] },
        { group: 'discovery.k8s.io', resources: ['endpointslices'] },
      ],
    },
    // Bodies of these are credentials: that they were asked for is noted, and nothing of what they hold.
    {
      level: 'Metadata',
      resources: [
        { group: '', resources: ['secrets', 'configmaps', 'serviceaccounts/token'] },
        { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
      ],
    },
    // Ways into what runs.
    {
      level: 'Request',
      resources: [
        {
          group: '',
          resources: [
            'pods/exec',
            'pods/attach',
            'pods/portforward',
            'pods/proxy',
            'pods/ephemeralcontainers',
            'services/proxy',
            'nodes/proxy',
          ],
        },
      ],
    },
    // Who may do what, and what decides about it.
    {
      level: 'RequestResponse',
      verbs: writes,
      resources: [
        { group: 'rbac.authorization.k8s.io' },
        { group: 'certificates.k8s.io' },
        { group: 'admissionregistration.k8s.io' },
      ],
    },
    // Workloads.
    {
      level: 'Request',
      verbs: writes,
      resources: [
        {
          group: '',
          resources: ['pods', 'replicationcontrollers', 'nodes', 'namespaces', 'serviceaccounts'],
        },
        { group: 'apps' },
        { group: 'batch' },
      ],
    },
    // Reading, and everything else.
    { level: 'Metadata' },
  ],
});
