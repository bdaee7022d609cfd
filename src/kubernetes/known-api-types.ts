// Made by scripts/kubernetes-api-types.mjs from the OpenAPI documents of v1.34.4, v1.35.4, v1.36.3, v1.37.2; see there.

/** The minors that this table was made of. */
export const apiMinors: readonly number[] = [34, 35, 36, 37];

/**
 * The types of Pods and Nodes. Each field is `NAME:TYPE`, with the minors that know it where not all do:
 * `NAME:TYPE@FROM-TO`. `[]` is a list, `{}` a mapping.
 */
export const apiTypes = {
  AWSElasticBlockStoreVolumeSource: `
    fsType:string partition:integer readOnly:boolean volumeID:string`,
  Affinity: `
    nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity`,
  AppArmorProfile: `
    localhostProfile:string type:string`,
  AttachedVolume: `
    devicePath:string name:string`,
  AzureDiskVolumeSource: `
    cachingMode:string diskName:string diskURI:string fsType:string kind:string readOnly:boolean`,
  AzureFileVolumeSource: `
    readOnly:boolean secretName:string shareName:string`,
  CSIVolumeSource: `
    driver:string fsType:string nodePublishSecretRef:LocalObjectReference readOnly:boolean
    volumeAttributes:{}string`,
  Capabilities: `
    add:[]string drop:[]string`,
  CephFSVolumeSource: `
    monitors:[]string path:string readOnly:boolean secretFile:string secretRef:LocalObjectReference
    user:string`,
  CinderVolumeSource: `
    fsType:string readOnly:boolean secretRef:LocalObjectReference volumeID:string`,
  ClusterTrustBundleProjection: `
    labelSelector:LabelSelector name:string optional:boolean path:string signerName:string user:integer@37-`,
  ConfigMapEnvSource: `
    name:string optional:boolean`,
  ConfigMapKeySelector: `
    key:string name:string optional:boolean`,
  ConfigMapNodeConfigSource: `
    kubeletConfigKey:string name:string namespace:string resourceVersion:string uid:string`,
  ConfigMapProjection: `
    items:[]KeyToPath name:string optional:boolean`,
  ConfigMapVolumeSource: `
    defaultMode:integer defaultUser:integer@37- items:[]KeyToPath name:string optional:boolean`,
  Container: `
    args:[]string command:[]string env:[]EnvVar envFrom:[]EnvFromSource image:string imagePullPolicy:string
    lifecycle:Lifecycle livenessProbe:Probe name:string ports:[]ContainerPort readinessProbe:Probe
    resizePolicy:[]ContainerResizePolicy resources:ResourceRequirements restartPolicy:string
    restartPolicyRules:[]ContainerRestartRule securityContext:SecurityContext startupProbe:Probe
    stdin:boolean stdinOnce:boolean terminationMessagePath:string terminationMessagePolicy:string tty:boolean
    volumeDevices:[]VolumeDevice volumeMounts:[]VolumeMount workingDir:string`,
  ContainerExtendedResourceRequest: `
    containerName:string requestName:string resourceName:string`,
  ContainerImage: `
    names:[]string sizeBytes:integer`,
  ContainerPort: `
    containerPort:integer hostIP:string hostPort:integer name:string protocol:string`,
  ContainerResizePolicy: `
    resourceName:string restartPolicy:string`,
  ContainerRestartRule: `
    action:string exitCodes:ContainerRestartRuleOnExitCodes`,
  ContainerRestartRuleOnExitCodes: `
    operator:string values:[]integer`,
  ContainerState: `
    running:ContainerStateRunning terminated:ContainerStateTerminated waiting:ContainerStateWaiting`,
  ContainerStateRunning: `
    startedAt:string`,
  ContainerStateTerminated: `
    containerID:string exitCode:integer finishedAt:string message:string reason:string signal:integer
    startedAt:string`,
  ContainerStateWaiting: `
    message:string reason:string`,
  ContainerStatus: `
    allocatedResources:{}quantity allocatedResourcesStatus:[]ResourceStatus containerID:string image:string
    imageID:string lastState:ContainerState name:string ready:boolean resources:ResourceRequirements
    restartCount:integer started:boolean state:ContainerState stopSignal:string user:ContainerUser
    volumeMounts:[]VolumeMountStatus`,
  ContainerUser: `
    linux:LinuxContainerUser`,
  DaemonEndpoint: `
    Port:integer`,
  DownwardAPIProjection: `
    items:[]DownwardAPIVolumeFile`,
  DownwardAPIVolumeFile: `
    fieldRef:ObjectFieldSelector mode:integer path:string resourceFieldRef:ResourceFieldSelector
    user:integer@37-`,
  DownwardAPIVolumeSource: `
    defaultMode:integer defaultUser:integer@37- items:[]DownwardAPIVolumeFile`,
  EmptyDirVolumeSource: `
    medium:string mode:integer@37- sizeLimit:quantity`,
  EnvFromSource: `
    configMapRef:ConfigMapEnvSource prefix:string secretRef:SecretEnvSource`,
  EnvVar: `
    name:string value:string valueFrom:EnvVarSource`,
  EnvVarSource: `
    configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector fileKeyRef:FileKeySelector
    resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector`,
  EphemeralContainer: `
    args:[]string command:[]string env:[]EnvVar envFrom:[]EnvFromSource image:string imagePullPolicy:string
    lifecycle:Lifecycle livenessProbe:Probe name:string ports:[]ContainerPort readinessProbe:Probe
    resizePolicy:[]ContainerResizePolicy resources:ResourceRequirements restartPolicy:string
    restartPolicyRules:[]ContainerRestartRule securityContext:SecurityContext startupProbe:Probe
    stdin:boolean stdinOnce:boolean targetContainerName:string terminationMessagePath:string
    terminationMessagePolicy:string tty:boolean volumeDevices:[]VolumeDevice volumeMounts:[]VolumeMount
    workingDir:string`,
  EphemeralVolumeSource: `
    volumeClaimTemplate:PersistentVolumeClaimTemplate`,
  EvictionResponder: `
    name:string@37- priority:integer@37-`,
  ExecAction: `
    command:[]string`,
  FCVolumeSource: `
    fsType:string lun:integer readOnly:boolean targetWWNs:[]string wwids:[]string`,
  FileKeySelector: `
    key:string optional:boolean path:string volumeName:string`,
  FlexVolumeSource: `
    driver:string fsType:string options:{}string readOnly:boolean secretRef:LocalObjectReference`,
  FlockerVolumeSource: `
    datasetName:string datasetUUID:string`,
  GCEPersistentDiskVolumeSource: `
    fsType:string partition:integer pdName:string readOnly:boolean`,
  GRPCAction: `
    mode:string@37- port:integer service:string`,
  GitRepoVolumeSource: `
    directory:string repository:string revision:string`,
  GlusterfsVolumeSource: `
    endpoints:string path:string readOnly:boolean`,
  HTTPGetAction: `
    host:string httpHeaders:[]HTTPHeader path:string port:integer-or-string protocol:string@37- scheme:string`,
  HTTPHeader: `
    name:string value:string`,
  HostAlias: `
    hostnames:[]string ip:string`,
  HostIP: `
    ip:string`,
  HostPathVolumeSource: `
    path:string type:string`,
  ISCSIVolumeSource: `
    chapAuthDiscovery:boolean chapAuthSession:boolean fsType:string initiatorName:string iqn:string
    iscsiInterface:string lun:integer portals:[]string readOnly:boolean secretRef:LocalObjectReference
    targetPortal:string`,
  ImageVolumeSource: `
    pullPolicy:string reference:string`,
  ImageVolumeStatus: `
    imageRef:string@36-`,
  KeyToPath: `
    key:string mode:integer path:string user:integer@37-`,
  LabelSelector: `
    matchExpressions:[]LabelSelectorRequirement matchLabels:{}string`,
  LabelSelectorRequirement: `
    key:string operator:string values:[]string`,
  Lifecycle: `
    postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:string`,
  LifecycleHandler: `
    exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction`,
  LinuxContainerUser: `
    gid:integer supplementalGroups:[]integer uid:integer`,
  LocalObjectReference: `
    name:string`,
  ManagedFieldsEntry: `
    apiVersion:string fieldsType:string fieldsV1:any manager:string operation:string subresource:string
    time:string`,
  NFSVolumeSource: `
    path:string readOnly:boolean server:string`,
  Node: `
    apiVersion:string kind:string metadata:ObjectMeta spec:NodeSpec status:NodeStatus`,
  NodeAddress: `
    address:string type:string`,
  NodeAffinity: `
    preferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
    requiredDuringSchedulingIgnoredDuringExecution:NodeSelector`,
  NodeAllocatableMappedResources: `
    name:string@37- quantity:quantity@37-`,
  NodeAllocatableOverheadResources: `
    name:string@37- perContainer:quantity@37- perPod:quantity@37-`,
  NodeAllocatableResourceClaimStatus: `
    containers:[]string@36- mapping:[]NodeAllocatableMappedResources@37-
    overhead:[]NodeAllocatableOverheadResources@37- resourceClaimName:string@36- resources:{}quantity@36-36`,
  NodeCondition: `
    lastHeartbeatTime:string lastTransitionTime:string message:string reason:string status:string type:string`,
  NodeConfigSource: `
    configMap:ConfigMapNodeConfigSource`,
  NodeConfigStatus: `
    active:NodeConfigSource assigned:NodeConfigSource error:string lastKnownGood:NodeConfigSource`,
  NodeDaemonEndpoints: `
    kubeletEndpoint:DaemonEndpoint`,
  NodeFeatures: `
    supplementalGroupsPolicy:boolean`,
  NodePodPreemptionPolicy: `
    disableResizePreemption:[]string@37-`,
  NodeRuntimeHandler: `
    features:NodeRuntimeHandlerFeatures name:string`,
  NodeRuntimeHandlerFeatures: `
    recursiveReadOnlyMounts:boolean userNamespaces:boolean`,
  NodeSelector: `
    nodeSelectorTerms:[]NodeSelectorTerm`,
  NodeSelectorRequirement: `
    key:string operator:string values:[]string`,
  NodeSelectorTerm: `
    matchExpressions:[]NodeSelectorRequirement matchFields:[]NodeSelectorRequirement`,
  NodeSpec: `
    configSource:NodeConfigSource externalID:string podCIDR:string podCIDRs:[]string
    podPreemptionPolicy:NodePodPreemptionPolicy@37- providerID:string taints:[]Taint unschedulable:boolean`,
  NodeStatus: `
    addresses:[]NodeAddress allocatable:{}quantity capacity:{}quantity conditions:[]NodeCondition
    config:NodeConfigStatus daemonEndpoints:NodeDaemonEndpoints declaredFeatures:[]string@35-
    features:NodeFeatures images:[]ContainerImage nodeInfo:NodeSystemInfo phase:string
    runtimeHandlers:[]NodeRuntimeHandler volumesAttached:[]AttachedVolume volumesInUse:[]string`,
  NodeSwapStatus: `
    capacity:integer`,
  NodeSystemInfo: `
    architecture:string bootID:string containerRuntimeVersion:string kernelVersion:string
    kubeProxyVersion:string kubeletVersion:string machineID:string operatingSystem:string osImage:string
    runningInUserNamespace:boolean@37- swap:NodeSwapStatus systemUUID:string`,
  ObjectFieldSelector: `
    apiVersion:string fieldPath:string`,
  ObjectMeta: `
    annotations:{}string creationTimestamp:string deletionGracePeriodSeconds:integer deletionTimestamp:string
    finalizers:[]string generateName:string generation:integer labels:{}string
    managedFields:[]ManagedFieldsEntry name:string namespace:string ownerReferences:[]OwnerReference
    resourceVersion:string selfLink:string uid:string`,
  OwnerReference: `
    apiVersion:string blockOwnerDeletion:boolean controller:boolean kind:string name:string uid:string`,
  PersistentVolumeClaimSpec: `
    accessModes:[]string dataSource:TypedLocalObjectReference dataSourceRef:TypedObjectReference
    resources:VolumeResourceRequirements selector:LabelSelector storageClassName:string
    volumeAttributesClassName:string volumeMode:string volumeName:string`,
  PersistentVolumeClaimTemplate: `
    metadata:ObjectMeta spec:PersistentVolumeClaimSpec`,
  PersistentVolumeClaimVolumeSource: `
    claimName:string readOnly:boolean`,
  PhotonPersistentDiskVolumeSource: `
    fsType:string pdID:string`,
  Pod: `
    apiVersion:string kind:string metadata:ObjectMeta spec:PodSpec status:PodStatus`,
  PodAffinity: `
    preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
    requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm`,
  PodAffinityTerm: `
    labelSelector:LabelSelector matchLabelKeys:[]string mismatchLabelKeys:[]string
    namespaceSelector:LabelSelector namespaces:[]string topologyKey:string`,
  PodAntiAffinity: `
    preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
    requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm`,
  PodCertificateProjection: `
    certificateChainPath:string credentialBundlePath:string keyPath:string keyType:string
    maxExpirationSeconds:integer signerName:string user:integer@37- userAnnotations:{}string@35-`,
  PodCondition: `
    lastProbeTime:string lastTransitionTime:string message:string observedGeneration:integer reason:string
    status:string type:string`,
  PodDNSConfig: `
    nameservers:[]string options:[]PodDNSConfigOption searches:[]string`,
  PodDNSConfigOption: `
    name:string value:string`,
  PodExtendedResourceClaimStatus: `
    requestMappings:[]ContainerExtendedResourceRequest resourceClaimName:string`,
  PodIP: `
    ip:string`,
  PodOS: `
    name:string`,
  PodReadinessGate: `
    conditionType:string`,
  PodResourceClaim: `
    name:string resourceClaimName:string resourceClaimTemplateName:string`,
  PodResourceClaimStatus: `
    name:string resourceClaimName:string`,
  PodSchedulingGate: `
    name:string`,
  PodSchedulingGroup: `
    podGroupName:string@36-`,
  PodSecurityContext: `
    appArmorProfile:AppArmorProfile fsGroup:integer fsGroupChangePolicy:string runAsGroup:integer
    runAsNonRoot:boolean runAsUser:integer seLinuxChangePolicy:string seLinuxOptions:SELinuxOptions
    seccompProfile:SeccompProfile supplementalGroups:[]integer supplementalGroupsPolicy:string
    sysctls:[]Sysctl windowsOptions:WindowsSecurityContextOptions`,
  PodSpec: `
    activeDeadlineSeconds:integer affinity:Affinity automountServiceAccountToken:boolean
    containers:[]Container dnsConfig:PodDNSConfig dnsPolicy:string enableServiceLinks:boolean
    ephemeralContainers:[]EphemeralContainer evictionResponders:[]EvictionResponder@37-
    hostAliases:[]HostAlias hostIPC:boolean hostNetwork:boolean hostPID:boolean hostUsers:boolean
    hostname:string hostnameOverride:string imagePullSecrets:[]LocalObjectReference
    initContainers:[]Container nodeName:string nodeSelector:{}string os:PodOS overhead:{}quantity
    preemptionPolicy:string priority:integer priorityClassName:string readinessGates:[]PodReadinessGate
    resourceClaims:[]PodResourceClaim resources:ResourceRequirements restartPolicy:string
    runtimeClassName:string schedulerName:string schedulingGates:[]PodSchedulingGate
    schedulingGroup:PodSchedulingGroup@36- securityContext:PodSecurityContext serviceAccount:string
    serviceAccountName:string setHostnameAsFQDN:boolean shareProcessNamespace:boolean subdomain:string
    terminationGracePeriodSeconds:integer tolerations:[]Toleration
    topologySpreadConstraints:[]TopologySpreadConstraint volumes:[]Volume workloadRef:WorkloadReference@35-35`,
  PodStatus: `
    allocatedResources:{}quantity@35- conditions:[]PodCondition containerStatuses:[]ContainerStatus
    ephemeralContainerStatuses:[]ContainerStatus extendedResourceClaimStatus:PodExtendedResourceClaimStatus
    hostIP:string hostIPs:[]HostIP initContainerStatuses:[]ContainerStatus message:string
    nodeAllocatableResourceClaimStatuses:[]NodeAllocatableResourceClaimStatus@36- nominatedNodeName:string
    observedGeneration:integer phase:string podIP:string podIPs:[]PodIP qosClass:string reason:string
    resize:string resourceClaimStatuses:[]PodResourceClaimStatus resources:ResourceRequirements@35-
    startTime:string volumeHealth:[]PodVolumeHealth@37-`,
  PodVolumeHealth: `
    healthConditions:[]VolumeHealthCondition@37- lastTransitionTime:string@37- name:string@37-`,
  PortworxVolumeSource: `
    fsType:string readOnly:boolean volumeID:string`,
  PreferredSchedulingTerm: `
    preference:NodeSelectorTerm weight:integer`,
  Probe: `
    exec:ExecAction failureThreshold:integer grpc:GRPCAction httpGet:HTTPGetAction
    initialDelaySeconds:integer periodSeconds:integer successThreshold:integer tcpSocket:TCPSocketAction
    terminationGracePeriodSeconds:integer timeoutSeconds:integer`,
  ProjectedVolumeSource: `
    defaultMode:integer defaultUser:integer@37- sources:[]VolumeProjection`,
  QuobyteVolumeSource: `
    group:string readOnly:boolean registry:string tenant:string user:string volume:string`,
  RBDVolumeSource: `
    fsType:string image:string keyring:string monitors:[]string pool:string readOnly:boolean
    secretRef:LocalObjectReference user:string`,
  ResourceClaim: `
    name:string request:string`,
  ResourceFieldSelector: `
    containerName:string divisor:quantity resource:string`,
  ResourceHealth: `
    health:string message:string@36- resourceID:string`,
  ResourceRequirements: `
    claims:[]ResourceClaim limits:{}quantity requests:{}quantity`,
  ResourceStatus: `
    name:string resources:[]ResourceHealth`,
  SELinuxOptions: `
    level:string role:string type:string user:string`,
  ScaleIOVolumeSource: `
    fsType:string gateway:string protectionDomain:string readOnly:boolean secretRef:LocalObjectReference
    sslEnabled:boolean storageMode:string storagePool:string system:string volumeName:string`,
  SeccompProfile: `
    localhostProfile:string type:string`,
  SecretEnvSource: `
    name:string optional:boolean`,
  SecretKeySelector: `
    key:string name:string optional:boolean`,
  SecretProjection: `
    items:[]KeyToPath name:string optional:boolean`,
  SecretVolumeSource: `
    defaultMode:integer defaultUser:integer@37- items:[]KeyToPath optional:boolean secretName:string`,
  SecurityContext: `
    allowPrivilegeEscalation:boolean appArmorProfile:AppArmorProfile capabilities:Capabilities
    privileged:boolean procMount:string readOnlyRootFilesystem:boolean runAsGroup:integer
    runAsNonRoot:boolean runAsUser:integer seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile
    windowsOptions:WindowsSecurityContextOptions`,
  ServiceAccountTokenProjection: `
    audience:string expirationSeconds:integer path:string user:integer@37-`,
  SleepAction: `
    seconds:integer`,
  StorageOSVolumeSource: `
    fsType:string readOnly:boolean secretRef:LocalObjectReference volumeName:string volumeNamespace:string`,
  Sysctl: `
    name:string value:string`,
  TCPSocketAction: `
    host:string port:integer-or-string`,
  Taint: `
    effect:string key:string timeAdded:string value:string`,
  Toleration: `
    effect:string key:string operator:string tolerationSeconds:integer value:string`,
  TopologySpreadConstraint: `
    labelSelector:LabelSelector matchLabelKeys:[]string maxSkew:integer minDomains:integer
    nodeAffinityPolicy:string nodeTaintsPolicy:string topologyKey:string whenUnsatisfiable:string`,
  TypedLocalObjectReference: `
    apiGroup:string kind:string name:string`,
  TypedObjectReference: `
    apiGroup:string kind:string name:string namespace:string`,
  Volume: `
    awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource
    azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource
    configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource
    emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:FCVolumeSource
    flexVolume:FlexVolumeSource flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource
    gitRepo:GitRepoVolumeSource glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource
    image:ImageVolumeSource iscsi:ISCSIVolumeSource name:string nfs:NFSVolumeSource
    persistentVolumeClaim:PersistentVolumeClaimVolumeSource
    photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource
    projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource
    scaleIO:ScaleIOVolumeSource secret:SecretVolumeSource storageos:StorageOSVolumeSource
    vsphereVolume:VsphereVirtualDiskVolumeSource`,
  VolumeDevice: `
    devicePath:string name:string`,
  VolumeHealthCondition: `
    message:string@37- reason:string@37- status:string@37-`,
  VolumeMount: `
    bindMountOptions:[]string@37- mountPath:string mountPropagation:string name:string readOnly:boolean
    recursiveReadOnly:string subPath:string subPathExpr:string`,
  VolumeMountStatus: `
    mountPath:string name:string readOnly:boolean recursiveReadOnly:string volumeStatus:VolumeStatus@36-`,
  VolumeProjection: `
    clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection
    downwardAPI:DownwardAPIProjection podCertificate:PodCertificateProjection secret:SecretProjection
    serviceAccountToken:ServiceAccountTokenProjection`,
  VolumeResourceRequirements: `
    limits:{}quantity requests:{}quantity`,
  VolumeStatus: `
    image:ImageVolumeStatus@36-`,
  VsphereVirtualDiskVolumeSource: `
    fsType:string storagePolicyID:string storagePolicyName:string volumePath:string`,
  WeightedPodAffinityTerm: `
    podAffinityTerm:PodAffinityTerm weight:integer`,
  WindowsSecurityContextOptions: `
    gmsaCredentialSpec:string gmsaCredentialSpecName:string hostProcess:boolean runAsUserName:string`,
  WorkloadReference: `
    name:string@35-35 podGroup:string@35-35 podGroupReplicaKey:string@35-35`,
} as const;
