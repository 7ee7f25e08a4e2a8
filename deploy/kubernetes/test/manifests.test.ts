import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { layOutRuntime, parseConfiguration } from '@cordon/shared/contracts'
import { Deployment } from 'kubernetes-models/apps/v1'
import { Job } from 'kubernetes-models/batch/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { Namespace, PersistentVolumeClaim, ServiceAccount } from 'kubernetes-models/v1'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { SYSTEM_PARTS } from '../../systemd/parts.ts'
import { formatManifests } from '../manifests.ts'
import { PODS } from '../pods.ts'

const HERE = fileURLToPath(new URL('..', import.meta.url))
const BASE = join(HERE, 'base')

/** The published schemas, by kind. */
const KINDS = { Deployment, Job, Namespace, NetworkPolicy, PersistentVolumeClaim, ServiceAccount } as const

interface Manifest {
  readonly kind: keyof typeof KINDS
  readonly metadata: { readonly name: string }
}

const read = (text: string): readonly Manifest[] => parseAllDocuments(text).map(one => one.toJS() as Manifest)

const manifests = [...formatManifests()]
  .filter(([name]) => name !== 'kustomization.yaml')
  .flatMap(([, text]) => read(text))

const ofKind = <K extends keyof typeof KINDS>(kind: K): readonly InstanceType<(typeof KINDS)[K]>[] =>
  manifests
    .filter(one => one.kind === kind)
    .map(one => new KINDS[kind](one as never) as InstanceType<(typeof KINDS)[K]>)

/** A pod and its one container, by the name of the part. */
const pods = new Map(
  ofKind('Deployment').map(({ metadata, spec }) => [metadata?.name ?? '', spec?.template.spec] as const),
)

t.test('the files are what the table says, and the kustomization lists all of them', async t => {
  for (const [name, text] of formatManifests()) {
    t.equal(await readFile(join(BASE, name), 'utf8'), text, `${name}; else run npm run manifests`)
  }
  const { resources } = parse(await readFile(join(BASE, 'kustomization.yaml'), 'utf8'))
  const files = (await readdir(BASE)).filter(name => !['kustomization.yaml', 'cordon.yaml'].includes(name))
  t.same(resources.toSorted(), files.toSorted())
  t.same(Object.keys(parseConfiguration(await readFile(join(BASE, 'cordon.yaml'), 'utf8'), 'cordon.yaml')), ['apps'])
})

t.test('each manifest is what the published schemas allow, and a mistake is none', async t => {
  for (const one of manifests) t.doesNotThrow(() => new KINDS[one.kind](one as never).validate(), one.metadata.name)
  const [wrong] = ofKind('Deployment')
  if (wrong?.spec !== undefined) Object.assign(wrong.spec, { replicas: 'one' })
  t.throws(() => wrong?.validate(), /replicas/)
})

t.test('every part is a pod, and nothing passes to or from any of them but what tor opens', async t => {
  t.same(
    [...pods.keys()],
    SYSTEM_PARTS.map(({ name }) => name),
  )
  const policies = ofKind('NetworkPolicy')
  const all = policies.filter(({ spec }) => Object.keys(spec?.podSelector ?? {}).length === 0)
  t.same(
    all.map(({ spec }) => spec),
    [{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }],
    'one for all pods, which lists nothing that passes',
  )
  const [open, ...more] = policies.filter(one => !all.includes(one))
  t.same(more, [], 'and one more')
  t.equal(open?.spec?.podSelector?.matchLabels?.['app.kubernetes.io/component'], 'tor')
  t.equal(open?.spec?.ingress, undefined)
  t.same(open?.spec?.policyTypes, ['Egress'])
  for (const { ports, to } of open?.spec?.egress ?? []) {
    t.same(ports, [{ protocol: 'TCP', port: 1, endPort: 65_535 }], 'TCP alone')
    for (const { ipBlock, ...others } of to ?? []) {
      t.same(others, {}, 'to addresses, and no pod or namespace')
      const inside =
        ipBlock?.cidr === '::/0' ? ['fc00::/7', 'fe80::/10'] : ['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12']
      for (const network of inside) t.ok(ipBlock?.except?.includes(network), network)
    }
  }
})

t.test('every container is what the standard "restricted" asks for, and more', async t => {
  t.match(ofKind('Namespace')[0]?.metadata?.labels, { 'pod-security.kubernetes.io/enforce': 'restricted' })
  const users = new Set<unknown>()
  for (const [name, pod] of pods) {
    t.match(pod?.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, name)
    users.add(pod?.securityContext?.runAsUser)
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC'] as const) t.equal(pod?.[key], undefined, key)
    t.match(pod, { automountServiceAccountToken: false, enableServiceLinks: false, dnsPolicy: 'None' })
    for (const container of [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]) {
      t.same(container.securityContext, {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        privileged: false,
        readOnlyRootFilesystem: true,
      })
      t.match(container.resources, { requests: { memory: /Mi$/, cpu: /m$/ }, limits: { memory: /[MG]i$/ } })
      for (const { name: variable, value } of container.env ?? []) {
        t.notMatch(variable, /SECRET|PASSWORD|TOKEN|KEY/)
        t.type(value, 'string', 'and none is from a secret')
      }
    }
    for (const volume of pod?.volumes ?? [])
      t.match(Object.keys(volume)[1], /^(persistentVolumeClaim|emptyDir|configMap)$/)
  }
  t.equal(users.size, pods.size, 'each has a user of its own')
})

t.test('the users have the numbers that the image gives them', async t => {
  const script = await readFile(join(HERE, '..', 'images', 'make-users'), 'utf8')
  const numbers = [...script.matchAll(/^user (\S+) (\d+)/gm)].map(([, name, uid]) => [name, Number(uid)])
  t.same(
    PODS.map(({ part, uid }) => [part.name, uid]),
    numbers,
  )
})

t.test('every part is asked how it is by a command that there is, and what waits is not killed', async t => {
  for (const [name, pod] of pods) {
    const [container] = pod?.containers ?? []
    t.same(container?.readinessProbe?.exec?.command?.[0], 'cordon', name)
    const words = container?.readinessProbe?.exec?.command?.join(' ') ?? ''
    for (const probe of [container?.startupProbe, container?.livenessProbe]) {
      t.same(probe?.exec?.command, ['/bin/sh', '-c', `${words} >/dev/null || [ $? -ge 4 ]`])
    }
    // What the shell makes of the exit statuses of DESIGN, section 5.
    for (const [status, isAlive] of [
      [0, true],
      [1, false],
      [3, false],
      [4, true],
      [5, true],
    ] as const) {
      const rest = container?.livenessProbe?.exec?.command?.[2]?.replace(words, `(exit ${status})`) ?? ''
      t.equal(
        await promisify(execFile)('/bin/sh', ['-c', rest]).then(
          () => true,
          () => false,
        ),
        isAlive,
        `${status}`,
      )
    }
  }
})

t.test('every directory of sockets is made by one part, and shown to those that use it', async t => {
  const all = layOutRuntime('/run/cordon', 'group').socketDirectories
  t.same(PODS.flatMap(({ makes }) => makes.map(name => `/run/cordon/${name}`)).toSorted(), all.toSorted())
  for (const { part, makes, sees } of PODS) {
    const mounts = pods.get(part.name)?.containers[0]?.volumeMounts?.filter(({ name }) => name === 'sockets') ?? []
    t.same(
      mounts.map(({ mountPath, readOnly = false }) => [mountPath, readOnly]),
      [...makes.map(name => [`/run/cordon/${name}`, false]), ...sees.map(name => [`/run/cordon/${name}`, true])],
    )
    t.notOk(sees.some(name => makes.includes(name)))
    // Who uses tor's own sockets is the same in a system: the members of tor's group.
    const isToldOfTor = part.groups.includes('cordon-tor')
    t.equal(sees.includes('tor'), isToldOfTor, `${part.name} and tor's sockets`)
  }
})

t.test('the program beside it is confined as the parts are, and shown the sockets of apps alone', async t => {
  const [job] = read(await readFile(join(HERE, 'workload', 'job.yaml'), 'utf8'))
  const made = new Job(job as never)
  t.doesNotThrow(() => made.validate())
  const pod = made.spec?.template.spec
  const [container] = pod?.containers ?? []
  const [part] = pods.get('gateway')?.containers ?? []
  t.same(container?.securityContext, part?.securityContext)
  t.match(pod, { dnsPolicy: 'None', automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } })
  t.same(pod?.securityContext?.supplementalGroups, [pods.get('gateway')?.securityContext?.fsGroup])
  t.same(container?.volumeMounts, [{ name: 'sockets', mountPath: '/run/cordon/apps', subPath: 'apps', readOnly: true }])
})

t.test('the parts that share a Redis reach it alone, and hold its secrets as files', async t => {
  const directory = join(HERE, 'shared-redis')
  const { redis, updates } = parseConfiguration(await readFile(join(directory, 'cordon.yaml'), 'utf8'), 'cordon.yaml')
  const [policy] = read(await readFile(join(directory, 'network-policy.yaml'), 'utf8'))
  const made = new NetworkPolicy(policy as never)
  t.doesNotThrow(() => made.validate())
  const nodes = redis !== undefined && 'cluster' in redis ? redis.cluster : []
  t.same(made.spec?.egress, [
    {
      ports: [{ protocol: 'TCP', port: nodes[0]?.port }],
      to: nodes.map(({ address }) => ({ ipBlock: { cidr: `${address}/32` } })),
    },
  ])
  const built = await build('fleet')
  if (built === undefined) return void t.pass('kubectl is not here')
  for (const one of built.filter(({ kind }) => kind === 'Deployment')) {
    const deployment = new Deployment(one as never)
    t.doesNotThrow(() => deployment.validate())
    const [container] = deployment.spec?.template.spec?.containers ?? []
    const isMounted = (file: string | undefined): boolean =>
      (container?.volumeMounts ?? []).some(
        ({ mountPath, readOnly }) => readOnly === true && file?.startsWith(`${mountPath}/`),
      )
    const selected = made.spec?.podSelector?.matchExpressions?.[0]?.values ?? []
    t.equal(isMounted(redis?.passwordFile), selected.includes(one.metadata.name), one.metadata.name)
    t.equal(isMounted(updates?.fleet?.secretFile), one.metadata.name === 'updates')
  }
})

t.test('kustomize builds what is here', async t => {
  const documents = await build('base')
  if (documents === undefined) return void t.pass('kubectl is not here')
  t.equal(documents.length, manifests.length + 1, 'all of it and the configuration')
  t.ok(
    documents.every(one => one.kind === 'Namespace' || (one.metadata as { namespace?: string }).namespace === 'cordon'),
  )
})

async function build(name: string): Promise<readonly Manifest[] | undefined> {
  try {
    return read((await promisify(execFile)('kubectl', ['kustomize', join(HERE, name)])).stdout)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}
