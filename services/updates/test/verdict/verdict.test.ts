import { Fault } from '@cordon/shared/errors'
import t from 'tap'
import type { Finding, Product } from '../../src/sources/index.ts'
import {
  acceptFinding,
  adoptAnswer,
  EMPTY_MEMORY,
  judgeProduct,
  nameQuestion,
  noteFailure,
  shareAnswer,
} from '../../src/verdict/index.ts'

const NOW = Date.UTC(2026, 10, 23)
const DAY = 86_400_000
const product: Product = { id: 'tool', settings: { kind: 'openpgp', keys: ['A'.repeat(40)], silenceDays: 90 } }
const finding: Finding = {
  version: '1.2',
  signedBy: ['A'.repeat(40)],
  signedAtMs: NOW - DAY,
  publishedAtMs: NOW - DAY,
  validUntilMs: NOW + DAY,
  authority: null,
  download: null,
}
const seen = acceptFinding(product, EMPTY_MEMORY, finding, NOW)
const judge = (installed: string | null, memory = seen, nowMs: number | undefined = NOW) =>
  judgeProduct({ product, memory, installed, nowMs })

t.test('current, available, and unknown with the reason', t => {
  t.same(judge('1.2'), { type: 'current' })
  t.same(judge('1.3'), { type: 'current' }, 'newer than the newest is not older')
  t.same(judge('1.1'), { type: 'available' })
  t.match(judge(null), { type: 'unknown', reason: 'UPD_NOT_INSTALLED' })
  t.match(judge('1.2', EMPTY_MEMORY), { type: 'unknown', reason: 'UPD_NEVER_CHECKED' })
  t.end()
})

t.test('UPD-10 a clock that is not trusted: unknown, whatever was seen', t => {
  for (const installed of ['1.1', '1.2', null]) {
    const verdict = judgeProduct({ product, memory: seen, installed, nowMs: undefined })
    t.match(verdict, { type: 'unknown', reason: 'UPD_CLOCK_UNTRUSTED' })
  }
  // A clock that was wrong by two days when it was believed leaves marks that right answers can follow.
  for (const wrong of [-2 * DAY, 2 * DAY]) {
    const fresh = { ...finding, signedAtMs: NOW + wrong - DAY, publishedAtMs: null, validUntilMs: null }
    const memory = acceptFinding(product, EMPTY_MEMORY, fresh, NOW + wrong)
    const later = { ...fresh, signedAtMs: NOW + 2 * DAY }
    t.same(judge('1.2', acceptFinding(product, memory, later, NOW + 2 * DAY), NOW + 2 * DAY), { type: 'current' })
  }
  t.end()
})

t.test('UPD-10 what a wrong clock refused as expired or as dated in the future stands in the way of nothing', t => {
  for (const [wrong, code] of [
    [2 * DAY, 'UPD_FROZEN'],
    [-3 * DAY, 'UPD_FROM_THE_FUTURE'],
  ] as const) {
    const fault = new Fault(code, code, { where: 'remote', retry: 'after-waiting' })
    t.throws(() => acceptFinding(product, EMPTY_MEMORY, finding, NOW + wrong), { code })
    const after = noteFailure(EMPTY_MEMORY, fault, NOW + wrong)
    t.match(judge('1.2', after, NOW + wrong), { type: 'unknown', reason: code })
    t.same(judge('1.2', acceptFinding(product, after, finding, NOW)), { type: 'current' }, 'once the clock is right')
  }
  t.end()
})

t.test('freeze: expired, silent for longer than promised, or no answer for a week', t => {
  t.throws(() => acceptFinding(product, EMPTY_MEMORY, { ...finding, validUntilMs: NOW }, NOW), { code: 'UPD_FROZEN' })
  const silent = { ...finding, signedAtMs: NOW - 91 * DAY, validUntilMs: null }
  t.throws(() => acceptFinding(product, EMPTY_MEMORY, silent, NOW), { code: 'UPD_FROZEN' })
  t.match(judge('1.2', seen, NOW + DAY), { reason: 'UPD_FROZEN' }, 'what was fresh expires while it is kept')
  const endless = acceptFinding(product, EMPTY_MEMORY, { ...finding, validUntilMs: null }, NOW)
  t.same(judge('1.2', endless, NOW + 6 * DAY), { type: 'current' })
  t.match(judge('1.2', endless, NOW + 8 * DAY), { reason: 'UPD_ANSWER_OLD' })
  t.match(judge('1.2', endless, NOW - 8 * DAY), { reason: 'UPD_ANSWER_OLD' }, 'nor one from the future')
  t.end()
})

t.test('rollback: an older date or version is refused, and nothing that was trusted changes', t => {
  t.throws(() => acceptFinding(product, seen, { ...finding, signedAtMs: NOW - 2 * DAY }, NOW), { code: 'UPD_ROLLBACK' })
  t.throws(() => acceptFinding(product, seen, { ...finding, version: '1.1' }, NOW), { code: 'UPD_ROLLBACK' })
  const after = noteFailure(seen, new Fault('UPD_ROLLBACK', 'old', { where: 'remote', retry: 'after-waiting' }), NOW)
  t.same({ ...after, failure: null, history: seen.history }, seen)
  t.match(judge('1.2', after), { type: 'unknown', reason: 'UPD_ROLLBACK' }, 'check failed, not up to date')
  t.same(judge('1.1', after), { type: 'available' }, 'what was signed as newer stays newer')
  t.equal(acceptFinding(product, after, finding, NOW).failure, null)
  t.end()
})

t.test('fast-forward: a date in the future leaves no mark, and new keys begin anew', t => {
  t.throws(() => acceptFinding(product, seen, { ...finding, signedAtMs: NOW + 2 * DAY }, NOW), {
    code: 'UPD_FROM_THE_FUTURE',
  })
  const forward = acceptFinding(product, seen, { ...finding, version: '9999' }, NOW)
  t.throws(() => acceptFinding(product, forward, { ...finding, version: '1.3' }, NOW), { code: 'UPD_ROLLBACK' })
  const rotated = { ...product, settings: { ...product.settings, keys: ['B'.repeat(40)] } }
  t.equal(acceptFinding(rotated, forward, { ...finding, version: '1.3' }, NOW).highestVersion, '1.3')
  t.equal(acceptFinding(product, forward, { ...finding, version: '1.3', authority: 'new' }, NOW).highestVersion, '1.3')
  t.end()
})

t.test('an answer to another question is none: after the settings changed nothing is current', t => {
  const other = { ...product, settings: { ...product.settings, address: 'https://other.example/' } }
  const verdict = judgeProduct({ product: other, memory: seen, installed: '1.2', nowMs: NOW })
  t.match(verdict, { type: 'unknown', reason: 'UPD_NEVER_CHECKED' })
  for (const local of [{ installed: { dpkg: 'tool' } }, { keyring: '/elsewhere' }, { unsigned: true }]) {
    t.equal(nameQuestion({ ...product, settings: { ...product.settings, ...local } }), nameQuestion(product))
  }
  t.not(nameQuestion({ ...product, id: 'other' }), nameQuestion(product))
  t.end()
})

t.test('what another machine has found is taken over by the same rules, and never beats what is known here', t => {
  const shared = shareAnswer(seen)
  if (shared === undefined) throw new Error('nothing to share')
  t.notMatch(JSON.stringify(shared), /installed|notified|history/)
  const adopt = (change: Partial<typeof shared>, memory = EMPTY_MEMORY, nowMs = NOW + DAY / 2) =>
    adoptAnswer(product, memory, { ...shared, ...change }, nowMs)
  t.match(adopt({}), { answer: { ...seen.answer }, isLearned: true, highestVersion: '1.2', trust: seen.trust })
  t.equal(adopt({}, seen), undefined, 'not newer than ours')
  const later = { checkedAtMs: NOW + DAY / 4 }
  t.match(adopt({ ...later, version: '1.3' }, seen), { answer: { version: '1.3' }, history: [{ version: '1.3' }] })
  t.equal(adopt({ ...later, version: '1.1' }, seen), undefined, 'rollback')
  t.equal(adopt({ ...later, signedAtMs: NOW - 2 * DAY }, seen), undefined, 'an older date')
  t.equal(adopt({ ...later, validUntilMs: NOW }), undefined, 'expired')
  t.equal(adopt({ checkedAtMs: NOW + 2 * DAY }), undefined, 'from the future')
  t.equal(adopt({ ...later, trust: 'another' }, seen), undefined, 'by other keys')
  const failed = noteFailure(
    seen,
    new Fault('UPD_REFUSED', 'no', { where: 'remote', retry: 'after-waiting' }),
    NOW + DAY / 3,
  )
  t.equal(adopt(later, failed), undefined, 'older than our failure')
  t.match(adopt({ checkedAtMs: NOW + DAY * 0.4 }, failed), { failure: null })
  t.equal(shareAnswer(EMPTY_MEMORY), undefined)
  t.end()
})

t.test('the history is short', t => {
  let memory = seen
  for (let n = 0; n < 100; n++) memory = acceptFinding(product, memory, finding, NOW)
  t.equal(memory.history.length, 40)
  t.end()
})
