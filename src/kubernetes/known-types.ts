// Made by scripts/kubernetes-tables.mjs from the programs of v1.36 to v1.37 themselves; see there.

/**
 * The types of the configurations of kubelet and kube-proxy. Each field is `NAME:TYPE`, with the minors that know it where not all do:
 * `NAME:TYPE@FROM-TO`. `[]` is a list, `{}` a mapping.
 */
export const knownTypes = {
  ClientConnectionConfiguration: `
    acceptContentTypes:string burst:integer contentType:string kubeconfig:string qps:number`,
  CrashLoopBackOffConfig: `
    maxContainerRestartPeriod:duration`,
  DetectLocalConfiguration: `
    bridgeInterface:string interfaceNamePrefix:string`,
  FormatOptions: `
    json:JSONOptions text:TextOptions`,
  JSONOptions: `
    infoBufferSize:quantity splitStream:boolean`,
  KubeProxyConfiguration: `
    apiVersion:string bindAddress:string bindAddressHardFail:boolean
    clientConnection:ClientConnectionConfiguration clusterCIDR:string configSyncPeriod:duration
    conntrack:KubeProxyConntrackConfiguration detectLocal:DetectLocalConfiguration detectLocalMode:string
    enableProfiling:boolean featureGates:{}boolean healthzBindAddress:string hostnameOverride:string
    iptables:KubeProxyIPTablesConfiguration ipvs:KubeProxyIPVSConfiguration kind:string
    logging:LoggingConfiguration metricsBindAddress:string mode:string
    nftables:KubeProxyNFTablesConfiguration nodePortAddresses:[]string oomScoreAdj:integer portRange:string
    showHiddenMetricsForVersion:string windowsRunAsService:boolean winkernel:KubeProxyWinkernelConfiguration`,
  KubeProxyConntrackConfiguration: `
    maxPerCore:integer min:integer tcpBeLiberal:boolean tcpCloseWaitTimeout:duration
    tcpEstablishedTimeout:duration udpStreamTimeout:duration udpTimeout:duration`,
  KubeProxyIPTablesConfiguration: `
    localhostNodePorts:boolean masqueradeAll:boolean masqueradeBit:integer minSyncPeriod:duration
    syncPeriod:duration`,
  KubeProxyIPVSConfiguration: `
    excludeCIDRs:[]string minSyncPeriod:duration scheduler:string strictARP:boolean syncPeriod:duration
    tcpFinTimeout:duration tcpTimeout:duration udpTimeout:duration`,
  KubeProxyNFTablesConfiguration: `
    masqueradeAll:boolean masqueradeBit:integer minSyncPeriod:duration syncPeriod:duration`,
  KubeProxyWinkernelConfiguration: `
    enableDSR:boolean forwardHealthCheckVip:boolean networkName:string rootHnsEndpointName:string
    sourceVip:string`,
  KubeletAnonymousAuthentication: `
    enabled:boolean`,
  KubeletAuthentication: `
    anonymous:KubeletAnonymousAuthentication webhook:KubeletWebhookAuthentication
    x509:KubeletX509Authentication`,
  KubeletAuthorization: `
    mode:string webhook:KubeletWebhookAuthorization`,
  KubeletConfiguration: `
    address:string allowedUnsafeSysctls:[]string apiVersion:string authentication:KubeletAuthentication
    authorization:KubeletAuthorization cgroupDriver:string cgroupRoot:string cgroupsPerQOS:boolean
    clusterDNS:[]string clusterDomain:string configMapAndSecretChangeDetectionStrategy:string
    containerLogMaxFiles:integer containerLogMaxSize:string containerLogMaxWorkers:integer
    containerLogMonitorInterval:duration containerRuntimeEndpoint:string contentType:string
    cpuCFSQuota:boolean cpuCFSQuotaPeriod:duration cpuManagerPolicy:string cpuManagerPolicyOptions:{}string
    cpuManagerReconcilePeriod:duration crashLoopBackOff:CrashLoopBackOffConfig defaultPodSysctls:{}string@37-
    enableContentionProfiling:boolean enableControllerAttachDetach:boolean enableDebugFlagsHandler:boolean
    enableDebuggingHandlers:boolean enableProfilingHandler:boolean enableServer:boolean
    enableSystemLogHandler:boolean enableSystemLogQuery:boolean enforceNodeAllocatable:[]string
    eventBurst:integer eventRecordQPS:integer evictionHard:{}string evictionMaxPodGracePeriod:integer
    evictionMinimumReclaim:{}string evictionPressureTransitionPeriod:duration evictionSoft:{}string
    evictionSoftGracePeriod:{}string failCgroupV1:boolean failSwapOn:boolean featureGates:{}boolean
    fileCheckFrequency:duration hairpinMode:string healthzBindAddress:string healthzPort:integer
    httpCheckFrequency:duration imageGCHighThresholdPercent:integer imageGCLowThresholdPercent:integer
    imageMaximumGCAge:duration imageMinimumGCAge:duration imagePullCredentialsVerificationPolicy:string
    imageServiceEndpoint:string iptablesDropBit:integer iptablesMasqueradeBit:integer
    kernelMemcgNotification:boolean kind:string kubeAPIBurst:integer kubeAPIQPS:integer kubeReserved:{}string
    kubeReservedCgroup:string kubeletCgroups:string localStorageCapacityIsolation:boolean
    logging:LoggingConfiguration makeIPTablesUtilChains:boolean maxOpenFiles:integer
    maxParallelImagePulls:integer maxPods:integer memoryManagerPolicy:string memoryReservationPolicy:string
    memorySwap:MemorySwapConfiguration memoryThrottlingFactor:number mergeDefaultEvictionSettings:boolean
    nodeLeaseDurationSeconds:integer nodeStatusMaxImages:integer nodeStatusReportFrequency:duration
    nodeStatusUpdateFrequency:duration oomScoreAdj:integer podCIDR:string podLogsDir:string
    podPidsLimit:integer podsPerCore:integer port:integer preloadedImagesVerificationAllowlist:[]string
    protectKernelDefaults:boolean providerID:string qosReserved:{}string readOnlyPort:integer
    registerNode:boolean registerWithTaints:[]Taint registryBurst:integer registryPullQPS:integer
    reservedMemory:[]MemoryReservation reservedSystemCPUs:string resolvConf:string rotateCertificates:boolean
    runOnce:boolean runtimeRequestTimeout:duration seccompDefault:boolean serializeImagePulls:boolean
    serverTLSBootstrap:boolean showHiddenMetricsForVersion:string shutdownGracePeriod:duration
    shutdownGracePeriodByPodPriority:[]ShutdownGracePeriodByPodPriority
    shutdownGracePeriodCriticalPods:duration singleProcessOOMKill:boolean staticPodPath:string
    staticPodURL:string staticPodURLHeader:{}[]string streamingConnectionIdleTimeout:duration
    syncFrequency:duration systemCgroups:string systemReserved:{}string systemReservedCgroup:string
    tlsCertFile:string tlsCipherSuites:[]string tlsCurvePreferences:[]integer tlsMinVersion:string
    tlsPrivateKeyFile:string topologyManagerPolicy:string topologyManagerPolicyOptions:{}string
    topologyManagerScope:string tracing:TracingConfiguration userNamespaces:UserNamespaces
    volumePluginDir:string volumeStatsAggPeriod:duration`,
  KubeletWebhookAuthentication: `
    cacheTTL:duration enabled:boolean`,
  KubeletWebhookAuthorization: `
    cacheAuthorizedTTL:duration cacheUnauthorizedTTL:duration`,
  KubeletX509Authentication: `
    clientCAFile:string`,
  LoggingConfiguration: `
    flushFrequency:TimeOrMetaDuration format:string options:FormatOptions verbosity:integer
    vmodule:[]VModuleItem`,
  MemoryReservation: `
    limits:{}quantity numaNode:integer`,
  MemorySwapConfiguration: `
    swapBehavior:string`,
  ShutdownGracePeriodByPodPriority: `
    priority:integer shutdownGracePeriodSeconds:integer`,
  Taint: `
    effect:string key:string timeAdded:string value:string`,
  TextOptions: `
    infoBufferSize:quantity splitStream:boolean`,
  TimeOrMetaDuration: `
    :duration`,
  TracingConfiguration: `
    endpoint:string samplingRatePerMillion:integer`,
  UserNamespaces: `
    idsPerPod:integer`,
  VModuleItem: `
    filePattern:string verbosity:integer`,
} as const;
