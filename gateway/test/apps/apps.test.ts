import type { AppId } from '@cordon/shared/isolation'
import t from 'tap'
import {
  addToRegistry,
  candidatePorts,
  declareApps,
  EMPTY_REGISTRY,
  formatRegistry,
  PORT_RANGE,
  parseRegistry,
  planChanges,
  type Registry,
  removeFromRegistry,
} from '../../src/apps/index.ts'

const mail = 'mail' as AppId
const next = (first: number) => {
  let port = first
  return () => port++
}

t.test('the registry survives its file, and a damaged one is never taken for empty', async t => {
  const registry = addToRegistry({ ...EMPTY_REGISTRY, ports: { mail: 20_000 } }, mail, { isolate: 'host' })
  t.same(parseRegistry(formatRegistry(registry), 'apps.json'), registry)
  const text = formatRegistry(registry)
  for (const damaged of [
    '',
    'null',
    '{}',
    text.slice(0, -5),
    text.replace('1', '2'),
    text.replace('mail', '../x'),
    text.replace('mail', 'cordon-x'),
  ]) {
    t.throws(() => parseRegistry(damaged, 'apps.json'), { code: 'GW_REGISTRY_INVALID' })
  }
})

t.test('a port is chosen once and then kept', async t => {
  const first = declareApps({ browser: {} }, addToRegistry(EMPTY_REGISTRY, mail, {}), next(20_000))
  t.same(
    first.apps.map(({ id, port, dnsPort, declaredIn }) => [id, port, dnsPort, declaredIn]),
    [
      ['mail', 20_000, 20_001, 'registry'],
      ['browser', 20_002, 20_003, 'configuration'],
      ['cordon-clock', null, null, 'cordon'],
      ['cordon-updates', null, null, 'cordon'],
      ['cordon-telemetry', null, null, 'cordon'],
    ],
  )
  const again = declareApps({ browser: {} }, first.registry, next(25_000))
  t.same(again.apps, first.apps)
  const away = declareApps({}, first.registry, next(25_000))
  t.equal(declareApps({ browser: {} }, away.registry, next(26_000)).apps[1]?.port, 20_002, 'also while it was away')
})

t.test('the configuration decides where both name an app', async t => {
  const { apps } = declareApps(
    { mail: { isolate: 'stream' } },
    addToRegistry(EMPTY_REGISTRY, mail, { isolate: 'host' }),
    next(20_000),
  )
  t.match(apps[0], { settings: { isolate: 'stream' }, declaredIn: 'configuration' })
})

t.test('a registry from before there were DNS ports is read, and gets them', async t => {
  const { dnsPorts: _none, ...before } = { ...EMPTY_REGISTRY, ports: { mail: 20_000 }, added: { mail: {} } }
  const registry = parseRegistry(JSON.stringify(before), 'apps.json')
  t.match(declareApps({}, registry, next(20_007)).apps[0], { port: 20_000, dnsPort: 20_007 })
  t.match(declareApps({ a: { dns: { port: 20_053 } } }, EMPTY_REGISTRY, next(20_000)).apps[0], { dnsPort: 20_053 })
  t.throws(() => declareApps({ a: { port: 20_000, dns: { port: 20_000 } } }, EMPTY_REGISTRY, next(1)), {
    code: 'GW_PORT_TAKEN',
    message: /twice by the app a/,
  })
})

t.test('two apps never have one port', async t => {
  const registry: Registry = { ...EMPTY_REGISTRY, ports: { a: 20_000 }, added: { a: {} } }
  t.throws(() => declareApps({ b: { port: 20_000 } }, registry, next(1)), { code: 'GW_PORT_TAKEN', message: /a and b/ })
})

t.test('a removed app gives its port back', async t => {
  const { registry } = declareApps({}, addToRegistry(EMPTY_REGISTRY, mail, {}), next(20_000))
  t.same(removeFromRegistry(registry, mail), EMPTY_REGISTRY)
})

t.test('a change touches the apps that changed and no other', async t => {
  const declare = (apps: Record<string, object>) => declareApps(apps, EMPTY_REGISTRY, next(21_000)).apps
  const before = declare({
    same: { port: 20_001 },
    moved: { port: 20_002 },
    ruled: { port: 20_003 },
    gone: { port: 20_004 },
  })
  const after = declare({
    same: { port: 20_001 },
    moved: { port: 20_012 },
    ruled: { port: 20_003, onionOnly: true },
    come: { port: 20_005 },
  })
  const { close, open, update } = planChanges(before, after)
  t.same(close, ['moved', 'gone'])
  t.same(
    open.map(({ id }) => id),
    ['moved', 'come'],
  )
  t.same(
    update.map(({ id }) => id),
    ['ruled'],
  )
  t.same(planChanges(after, after), { close: [], open: [], update: [] })
})

t.test('candidate ports are all free ones in the range, each once', async t => {
  const ports = [...candidatePorts(new Set([PORT_RANGE.first]), () => 0.999)]
  t.equal(new Set(ports).size, PORT_RANGE.last - PORT_RANGE.first)
  t.notOk(ports.includes(PORT_RANGE.first))
})
