import { completeAppSettings } from '@cordon/shared/contracts'
import { parseTarget } from '@cordon/shared/socks'
import t from 'tap'
import { compilePolicy, judgeRequest } from '../../src/policy/index.ts'

const MACHINE = new Set(['mybox'])
const judge = (host: string, settings = {}, port: number | null = 443) =>
  judgeRequest(
    { target: parseTarget(host), port: port ?? undefined },
    compilePolicy(completeAppSettings(settings)),
    MACHINE,
  )

t.test('the policy of an app: allow, deny, ports, onion-only, IPv6, remote names', async t => {
  t.equal(judge('example.org', { allow: ['*.example.org'] }), undefined)
  t.equal(judge('www.Example.org.', { allow: ['*.example.org'] }), undefined)
  t.equal(judge('badexample.org', { allow: ['*.example.org'] }), 'host-denied')
  t.equal(judge('www.example.org', { allow: ['example.org'] }), 'host-denied')
  t.equal(judge('example.org', { allow: [] }), 'host-denied')
  t.equal(judge('ads.example.org', { allow: ['*.example.org'], deny: ['ads.example.org'] }), 'host-denied')
  t.equal(judge('203.0.113.7', { deny: ['203.0.113.0/24'] }), 'host-denied')
  t.equal(judge('2001:db8::1', { deny: ['2001:db8::/32'] }), 'host-denied')
  t.equal(judge('203.0.113.7', { allow: ['203.0.113.7'] }), undefined)
  t.equal(judge('example.org', { ports: [80, '440-450'] }), undefined)
  t.equal(judge('example.org', { ports: [80, '444-450'] }), 'port-denied')
  t.equal(judge('example.org', { ports: [80] }, null), undefined, 'a look-up has no port')
  t.equal(judge('example.org', { onionOnly: true }), 'onion-only')
  t.equal(judge(`${'a'.repeat(56)}.onion`, { onionOnly: true }), undefined)
  t.equal(judge('2001:db8::1', { ipv6: 'refuse' }), 'ipv6-refused')
  t.equal(judge('203.0.113.7', { remoteNamesOnly: true }), 'address-not-allowed')
})

t.test('no policy opens what is refused for every app', async t => {
  for (const host of ['localhost', '127.0.0.1', '10.0.0.1', 'x.local'])
    t.ok(judge(host, { allow: [host, '*.local'] }), host)
})
