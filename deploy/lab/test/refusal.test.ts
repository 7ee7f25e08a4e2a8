import t from 'tap'
import { explainRefusal, type NamespaceFacts } from '../src/refusal.ts'

const allowed: NamespaceFacts = {
  unprivilegedClone: '1',
  apparmorRestricts: '0',
  maxUserNamespaces: '15000',
  maxNetNamespaces: '15000',
  said: 'unshare: unshare failed: Operation not permitted\n',
}

t.test('a switch that is off is named, with the command that turns it on', async t => {
  for (const [facts, setting] of [
    [{ maxUserNamespaces: '0' }, 'user.max_user_namespaces=15000'],
    [{ maxNetNamespaces: '0' }, 'user.max_net_namespaces=15000'],
    [{ unprivilegedClone: '0' }, 'kernel.unprivileged_userns_clone=1'],
    [{ apparmorRestricts: '1' }, 'kernel.apparmor_restrict_unprivileged_userns=0'],
  ] as const) {
    const { message, next } = explainRefusal({ ...allowed, ...facts })
    t.equal(next, `Run: sudo sysctl -w ${setting}`)
    t.match(message, setting.split('=')[0])
  }
})

t.test('without a switch to blame, the program speaks for itself', async t => {
  t.match(explainRefusal(allowed), { message: /Operation not permitted/, next: /seccomp/ })
  t.notMatch(explainRefusal({ ...allowed, said: '' }).message, /\(/)
})

t.test('a kernel without user namespaces is said to be one', async t => {
  t.match(explainRefusal({ ...allowed, maxUserNamespaces: undefined }), { next: /CONFIG_USER_NS/ })
})
