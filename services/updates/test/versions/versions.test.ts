import fc from 'fast-check'
import t from 'tap'
import { fillTemplate, findVersions, isPrerelease, isVersion, ORDERS, readTemplate } from '../../src/versions/index.ts'

const sign = (order: number): number => Math.sign(order)

t.test('dotted versions: words before the finished one, missing parts are zero, digits of any length', t => {
  const rising = [
    '0.9',
    '1.0-alpha2',
    '1.0-rc1',
    '1.0-rc2',
    '1.0',
    '1.0.post1',
    '1.0.1',
    '1.9',
    '1.10',
    '2',
    '128.5.0esr',
  ]
  for (const [at, older] of rising.entries()) {
    for (const newer of rising.slice(at + 1)) {
      t.equal(sign(ORDERS.dotted(older, newer)), -1, `${older} < ${newer}`)
      t.equal(sign(ORDERS.dotted(newer, older)), 1)
    }
  }
  t.equal(ORDERS.dotted('v1.0', '1.0.0'), 0)
  t.equal(sign(ORDERS.dotted('1.99999999999999999998', '1.99999999999999999999')), -1)
  t.ok(isPrerelease('27.0rc1'))
  t.notOk(isPrerelease('27.0'))
  t.end()
})

t.test('Debian versions are ordered as dpkg does (Debian policy 5.6.12)', t => {
  const rising = [
    '0~a',
    '1.0~rc1-1',
    '1.0-1',
    '1.0-1+b1',
    '1.0-1.1',
    '1.0-2',
    '1.0a-1',
    '1.0+dfsg-1',
    '1.2-1',
    '1.10-1',
    '1:0.1-1',
  ]
  for (const [at, older] of rising.entries()) {
    for (const newer of rising.slice(at + 1)) t.equal(sign(ORDERS.debian(older, newer)), -1, `${older} < ${newer}`)
  }
  t.equal(ORDERS.debian('1.0-1', '0:1.00-1'), 0)
  t.end()
})

t.test('both orders are orders: the same either way, and what is between stays between', t => {
  const version = fc.stringMatching(/^[0-9][0-9a-z.~+:-]{0,8}$/)
  for (const order of Object.values(ORDERS)) {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        t.equal(sign(order(a, b)), -sign(order(b, a)))
        if (order(a, b) <= 0 && order(b, c) <= 0) t.ok(order(a, c) <= 0, `${a} ${b} ${c}`)
      }),
    )
  }
  t.end()
})

t.test('a template names exactly one place, and only a version may stand there', t => {
  t.equal(fillTemplate('v{version}/a-{version}', '1.2'), 'v1.2/a-1.2')
  t.equal(readTemplate('v{version}', 'v1.2.3'), '1.2.3')
  for (const text of ['1.2.3', 'v', 'v../../x', 'v1 2', `v${'1'.repeat(200)}`, 'vnone']) {
    t.equal(readTemplate('v{version}', text), undefined, text)
  }
  const sums =
    'aa  tor-browser-linux-x86_64-15.0.1.tar.xz\nbb *x/tor-browser-linux-x86_64-15.0.2.tar.xz\ncc  other-1.0.tar.xz\n'
  t.same(findVersions('tor-browser-linux-x86_64-{version}.tar.xz', sums), ['15.0.1', '15.0.2'])
  t.notOk(isVersion('\u001b[2J1'))
  t.end()
})
