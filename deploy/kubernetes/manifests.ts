/** Format the manifests of the base. They follow from the table of pods, and from nothing else. */
import { stringify } from 'yaml'
import { PODS, type Pod } from './pods.ts'

/** Group of every directory of sockets. Who is shown a directory is decided by mounts, so one group is enough. */
const CORDON_GROUP = 7700

/** Of deploy/images; its entry point is the command. A kustomization gives it a registry and a version. */
const IMAGE = 'cordon/part'

/** Where a node keeps the sockets; `prepare` alone sees all of them. */
const ALL_SOCKETS = '/sockets'

const NAMES = { 'app.kubernetes.io/name': 'cordon', 'app.kubernetes.io/part-of': 'cordon' } as const
const namesOf = ({ part }: Pod) => ({ ...NAMES, 'app.kubernetes.io/component': part.name })

/** What the pod security standard "restricted" asks of each container, and a root file system that nobody writes. */
const CONFINEMENT = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  readOnlyRootFilesystem: true,
} as const

/**
 * Makes the directories of its own as its own user, and waits until those of the others are there: a directory that the
 * kubelet made for a mount would be root's, and Cordon refuses it.
 */
const PREPARE = `for own in $MAKES; do [ -d ${ALL_SOCKETS}/$own ] || mkdir -m 2750 ${ALL_SOCKETS}/$own; done
for other in $SEES; do until [ -d ${ALL_SOCKETS}/$other ]; do sleep 0.2; done; done`

const prepare = ({ makes, sees }: Pod) => ({
  name: 'prepare',
  image: IMAGE,
  command: ['/bin/sh', '-euc', PREPARE],
  env: [
    { name: 'MAKES', value: makes.join(' ') },
    { name: 'SEES', value: sees.join(' ') },
  ],
  resources: resources({ memory: '32M', cpu: '10m' }),
  securityContext: CONFINEMENT,
  volumeMounts: [{ name: 'sockets', mountPath: ALL_SOCKETS }],
})

const partContainer = (pod: Pod) => ({
  name: pod.part.name,
  image: IMAGE,
  args: pod.part.name === 'supervisor' ? ['up', '--system', '--json'] : ['part', pod.part.name],
  resources: resources({ memory: pod.part.memory, cpu: '50m' }),
  securityContext: CONFINEMENT,
  ...probes(pod),
  volumeMounts: [
    { name: 'configuration', mountPath: '/etc/cordon', readOnly: true },
    { name: 'state', mountPath: '/var/lib/cordon' },
    { name: 'tmp', mountPath: '/tmp' },
    ...pod.makes.map(name => ({ name: 'sockets', mountPath: `/run/cordon/${name}`, subPath: name })),
    // To connect to a socket needs no write to the file system that it is on.
    ...pod.sees.map(name => ({ name: 'sockets', mountPath: `/run/cordon/${name}`, subPath: name, readOnly: true })),
  ],
})

/** A check starts Node, which takes a second on a busy node. What waits is not ready, and not to be killed for it. */
function probes({ check }: Pod) {
  const words = ['cordon', ...check].join(' ')
  const every = (periodSeconds: number) => ({ periodSeconds, timeoutSeconds: 10 })
  return {
    startupProbe: { exec: { command: ['/bin/sh', '-c', isAlive(words)] }, ...every(5), failureThreshold: 60 },
    livenessProbe: { exec: { command: ['/bin/sh', '-c', isAlive(words)] }, ...every(30), failureThreshold: 3 },
    readinessProbe: { exec: { command: ['cordon', ...check] }, ...every(30), failureThreshold: 1 },
  }
}

/** Exit status 4 (not ready) and 5 (breached) are answers of something that lives. */
const isAlive = (words: string): string => `${words} >/dev/null || [ $? -ge 4 ]`

const deployment = (pod: Pod) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: pod.part.name, labels: namesOf(pod) },
  spec: {
    replicas: 1,
    revisionHistoryLimit: 2,
    // Two processes on one state would be two on one lock.
    strategy: { type: 'Recreate' },
    selector: { matchLabels: namesOf(pod) },
    template: { metadata: { labels: namesOf(pod) }, spec: podSpec(pod) },
  },
})

const podSpec = (pod: Pod) => ({
  serviceAccountName: 'cordon',
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  // Nothing here looks a name up; where something tried, nobody would answer.
  dnsPolicy: 'None',
  dnsConfig: { nameservers: ['127.0.0.1'] },
  terminationGracePeriodSeconds: 35,
  ...(pod.part.name === 'tor' ? {} : { affinity: { podAffinity: BESIDE_TOR } }),
  securityContext: {
    runAsNonRoot: true,
    runAsUser: pod.uid,
    runAsGroup: pod.uid,
    fsGroup: CORDON_GROUP,
    // Else what stands in the volume would be made writable for the group at each start, which Cordon refuses.
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  },
  initContainers: [prepare(pod)],
  containers: [partContainer(pod)],
  volumes: [
    { name: 'sockets', persistentVolumeClaim: { claimName: 'sockets' } },
    pod.keeps === undefined
      ? { name: 'state', emptyDir: { sizeLimit: '64Mi' } }
      : { name: 'state', persistentVolumeClaim: { claimName: stateOf(pod) } },
    { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    { name: 'configuration', configMap: { name: 'cordon' } },
  ],
})

/** AF_UNIX sockets lead from pod to pod on one node. */
const BESIDE_TOR = {
  requiredDuringSchedulingIgnoredDuringExecution: [
    {
      topologyKey: 'kubernetes.io/hostname',
      labelSelector: { matchLabels: { ...NAMES, 'app.kubernetes.io/component': 'tor' } },
    },
  ],
}

const claim = (name: string, storage: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, labels: NAMES },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
})

const NAMESPACE = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: 'cordon',
    labels: Object.fromEntries(
      ['enforce', 'audit', 'warn'].map(mode => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
    ),
  },
}

const ACCOUNT = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'cordon', labels: NAMES },
  automountServiceAccountToken: false,
}

/** Networks that no relay of Tor is in: this cluster, its neighbours, its cloud's metadata service (RFC 6890). */
const INSIDE = {
  v4: ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  v6: ['::1/128', 'fc00::/7', 'fe80::/10'],
} as const

const NOTHING_PASSES = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'nothing-passes', labels: NAMES },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
}

/** TCP alone: no DNS over UDP, and none over TCP either, since resolvers of a cluster are inside. */
const TOR_PASSES = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'tor-reaches-relays', labels: NAMES },
  spec: {
    podSelector: { matchLabels: { ...NAMES, 'app.kubernetes.io/component': 'tor' } },
    policyTypes: ['Egress'],
    egress: [
      {
        ports: [{ protocol: 'TCP', port: 1, endPort: 65_535 }],
        to: [
          { ipBlock: { cidr: '0.0.0.0/0', except: [...INSIDE.v4] } },
          { ipBlock: { cidr: '::/0', except: [...INSIDE.v6] } },
        ],
      },
    ],
  },
}

/** All manifests of the base, by their file names. */
export function formatManifests(): ReadonlyMap<string, string> {
  const parts = PODS.map(pod => [
    `${pod.part.name}.yaml`,
    [...(pod.keeps === undefined ? [] : [claim(stateOf(pod), pod.keeps)]), deployment(pod)],
  ]) satisfies [string, object[]][]
  const files: readonly (readonly [string, readonly object[]])[] = [
    ['namespace.yaml', [NAMESPACE, ACCOUNT]],
    ['network-policies.yaml', [NOTHING_PASSES, TOR_PASSES]],
    ['sockets.yaml', [claim('sockets', '16Mi')]],
    ...parts,
  ]
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'cordon',
    resources: files.map(([name]) => name),
    // Without a hash in its name: a change is followed by what runs, and starts nothing anew.
    configMapGenerator: [{ name: 'cordon', files: ['cordon.yaml'], options: { disableNameSuffixHash: true } }],
  }
  return new Map([...files, ['kustomization.yaml', [kustomization]] as const].map(([name, all]) => [name, format(all)]))
}

const HEADER = '# Written by deploy/dev/write-manifests.ts from the table of pods.\n'

const format = (documents: readonly object[]): string =>
  HEADER + documents.map(one => stringify(one, { lineWidth: 120, aliasDuplicateObjects: false })).join('---\n')

const stateOf = ({ part }: Pod): string => `state-${part.name}`

/** Memory has a limit (in systemd's units, which are powers of two), processor time none: a check must not be slow. */
const resources = ({ memory, cpu }: { readonly memory: string; readonly cpu: string }) => ({
  requests: { cpu, memory: '32Mi' },
  limits: { memory: `${memory}i` },
})
