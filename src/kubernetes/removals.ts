import type { ComponentName } from './pod-names.js';

/** A program whose flags and feature gates an inventory may set. */
export type Program = ComponentName | 'kubelet';

/** What a minor of Kubernetes took away: a program that is given it ends at once. */
export interface Removals {
  /** Flags without their dashes, by program, each with what does its work now. */
  readonly flags: Readonly<Partial<Record<Program, Readonly<Record<string, string>>>>>;
  /** Names that no program knows any more; they had been settled for some minors. */
  readonly gates: readonly string[];
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const gone = (flags: string, instead: string): Readonly<Record<string, string>> =>
  Object.fromEntries(words(flags).map((flag) => [flag, instead]));

const cadvisor = 'nothing: it was a flag of cAdvisor, which the kubelet sets up by itself';

/**
 * By minor. Flags by asking the binaries of neighbouring releases (1.36 and 1.37) and by their sources (before); gates by
 * their sources: what was defined and is not.
 */
export const removals: Readonly<Record<number, Removals>> = {
  34: {
    flags: {
      'kube-apiserver': {
        ...gone(`address insecure-bind-address insecure-port port`, 'nothing: it serves over TLS alone'),
        ...gone(`kubelet-https`, 'nothing: kubelets are asked over TLS alone'),
        'basic-auth-file': 'authentication by certificates, tokens or OIDC',
      },
      'kube-controller-manager': {
        ...gone(`address port`, 'bind-address and secure-port'),
        ...gone(`pod-eviction-timeout enable-taint-manager`, 'tolerationSeconds of pods'),
        'experimental-cluster-signing-duration': 'cluster-signing-duration',
        'horizontal-pod-autoscaler-upscale-delay': 'behavior of a HorizontalPodAutoscaler',
        'horizontal-pod-autoscaler-use-rest-clients': 'nothing: it always does',
      },
      'kube-scheduler': {
        ...gone(`address port`, 'bind-address and secure-port'),
        ...gone(
          `algorithm-provider policy-config-file policy-configmap policy-configmap-namespace use-legacy-policy-config`,
          'profiles in the file that `config` names',
        ),
        ...gone(`lock-object-name lock-object-namespace`, 'leader-elect-resource-name and its namespace'),
      },
      kubelet: {
        ...gone(
          `network-plugin cni-bin-dir cni-conf-dir cni-cache-dir docker-endpoint image-pull-progress-deadline container-runtime`,
          'nothing: the container runtime does that',
        ),
        'allow-privileged': 'nothing: admission in the API decides',
        'dynamic-config-dir': 'kubelet.config',
        'cadvisor-port': cadvisor,
      },
    },
    gates: [],
  },
  35: {
    flags: {
      kubelet: {
        'pod-infra-container-image': 'nothing: the container runtime alone names the sandbox’s image',
      },
    },
    gates: words(`
      AllowServiceLBStatusOnNonLB ComponentSLIs CronJobsScheduledAnnotation LoadBalancerIPMode PodIndexLabel
      ProbeHostPodSecurityStandards SizeMemoryBackedVolumes StatefulSetAutoDeletePVC StrictCostEnforcementForVAP
      StrictCostEnforcementForWebhooks UserNamespacesPodSecurityStandards`),
  },
  36: {
    flags: {},
    gates: words(`
      CSIMigrationPortworx HonorPVReclaimPolicy InPlacePodVerticalScalingAllocatedStatus InTreePluginPortworxUnregister
      MemoryManager ServiceTrafficDistribution StructuredAuthorizationConfiguration TopologyAwareHints
      WatchFromStorageWithoutResourceVersion`),
  },
  37: {
    flags: {
      'kube-controller-manager': {
        'concurrent-service-syncs':
          'nothing: the controller of services belongs to the cloud’s own controller manager',
      },
      kubelet: Object.fromEntries(
        words(`
          application-metrics-count-limit boot-id-file container-hints containerd containerd-namespace
          enable-load-reader event-storage-age-limit event-storage-event-limit global-housekeeping-interval
          log-cadvisor-usage machine-id-file storage-driver-buffer-duration storage-driver-db storage-driver-host
          storage-driver-password storage-driver-secure storage-driver-table storage-driver-user`).map(
          (flag) => [flag, cadvisor],
        ),
      ),
    },
    gates: words(`
      APIServerTracing AnonymousAuthConfigurableEndpoints AnyVolumeDataSource AuthorizeNodeWithSelectors
      AuthorizeWithSelectors BtreeWatchCache ConsistentListFromCache GangScheduling JobBackoffLimitPerIndex
      JobPodReplacementPolicy JobSuccessPolicy LogarithmicScaleDown OrderedNamespaceDeletion PodLifecycleSleepAction
      PodLifecycleSleepActionAllowZero PreventStaticPodAPIReferences RelaxedDNSSearchValidation
      ResilientWatchCacheInitialization RetryGenerateName SchedulerQueueingHints SidecarContainers
      StreamingCollectionEncodingToJSON StreamingCollectionEncodingToProtobuf StructuredAuthenticationConfiguration
      WorkloadAwarePreemption`),
  },
};

/** Fields of KubeletConfiguration that do nothing any more, and the minor since which they are deprecated. */
export const idleKubeletFields: Readonly<Record<string, number>> = {
  iptablesMasqueradeBit: 28,
  iptablesDropBit: 28,
  streamingConnectionIdleTimeout: 34,
};

/** etcd 3.7 knows no flag that begins so; etcd's minor is not Kubernetes'. */
export const etcdExperimental = { prefix: 'experimental-', goneIn: 7 };

/** etcd's minors go up one by one, and from these patch releases on: the ones before were not made for the step. */
export const etcdStepsFrom: Readonly<Record<number, string>> = {
  // https://etcd.io/blog/2025/zombie_members_upgrade/
  6: '3.5.26',
  // https://etcd.io/docs/v3.7/upgrades/upgrade_3_7/
  7: '3.6.11',
};
