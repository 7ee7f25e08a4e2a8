import t from 'tap'
import { packagesFor, searchPath } from '../src/programs.ts'

t.test('the directories of PATH come first, and those that PATH leaves out are added', async t => {
  t.same(searchPath('/opt/bin:/usr/bin'), ['/opt/bin', '/usr/bin', '/usr/sbin', '/sbin', '/bin'])
  t.same(searchPath(undefined), ['/usr/sbin', '/usr/bin', '/sbin', '/bin'])
})

t.test('a relative entry of PATH is not searched', async t => {
  t.same(searchPath(':.:bin').includes('.'), false)
})

t.test('each missing package is named once', async t => {
  t.equal(packagesFor(['tor', 'tor-gencert', 'ip']), 'tor iproute2')
})
