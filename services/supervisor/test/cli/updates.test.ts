import type { ProductView } from '@cordon/shared/contracts'
import t from 'tap'
import {
  choosePalette,
  exitStatusOfCheck,
  exitStatusOfUpdates,
  formatFetch,
  formatHistory,
  formatUpdates,
  formatUpdatesSummary,
} from '../../src/cli/index.ts'
import { readProductSettings } from '../../src/cli/product-arguments.ts'

const plain = choosePalette(false, {})
const NOW = Date.UTC(2026, 10, 23, 12)
const product: ProductView = {
  id: 'tor',
  kind: 'apt',
  unsigned: false,
  installed: '0.4.8.1',
  latest: '0.4.9.1',
  verdict: 'available',
  signedBy: 'A3C4F0F979CAA22CDBA8F512EE8CBC9E886DDD89',
  publishedAt: '2026-11-20T12:00:00.000Z',
  checkedAt: '2026-11-23T11:30:00.000Z',
  learned: false,
  reason: null,
  detail: null,
  next: null,
  activity: 'idle',
  download: null,
}
const failed: ProductView = {
  ...product,
  id: 'x',
  unsigned: true,
  signedBy: null,
  verdict: 'unknown',
  reason: 'VIA_TOO_SLOW',
  detail: 'the answer came slower than allowed',
  next: 'Try again later.',
}

t.test('the table says version, verdict, signer and age, and below it why a verdict is unknown', t => {
  const text = formatUpdates(
    { clock: 'trusted', products: [product, failed], catalogue: ['tails', 'tor'], catalogueUnsigned: ['tails'] },
    NOW,
    plain,
  )
  t.match(text, /↑ tor +0\.4\.8\.1 +0\.4\.9\.1 +available +…E[0-9A-F]+ +3 d ago +30 min ago/)
  t.match(text, /\? x .* unknown +unsigned/)
  t.match(text, /x: the answer came slower than allowed\n {2}next: Try again later\./)
  t.match(text, /Can be added: tails\*, tor \(\* unsigned: nobody/)
  const learned = formatUpdates(
    { clock: 'trusted', products: [{ ...product, learned: true }], catalogue: [], catalogueUnsigned: [] },
    NOW,
    plain,
  )
  t.match(learned, /30 min ago, by the fleet/)
  t.same(formatUpdatesSummary(null, plain), [])
  t.same(formatUpdatesSummary({ current: 0, available: 0, unknown: 0 }, plain), [])
  t.same(formatUpdatesSummary({ current: 1, available: 0, unknown: 2 }, plain), [
    'updates 2 unknown, 1 current: cordon updates',
  ])
  const untrusted = formatUpdates(
    { clock: 'untrusted', products: [], catalogue: [], catalogueUnsigned: [] },
    NOW,
    plain,
  )
  t.match(untrusted, /clock is not trusted.*\n\nNo products yet/)
  t.match(
    formatHistory([
      {
        id: 'tor',
        at: '2026-11-23T11:30:00.000Z',
        outcome: 'failed',
        unsigned: true,
        version: null,
        reason: 'UPD_FROZEN',
      },
    ]),
    /2026-11-23 11:30 +tor +- +unsigned +UPD_FROZEN/,
  )
  t.equal(
    formatFetch('tor', { state: 'partial', bytes: 1024, of: 2048, file: null, detail: null }),
    'fetching tor: 1.0 KiB of 2.0 KiB',
  )
  t.end()
})

t.test('the exit status: 10 for something newer, 4 without a trusted clock, 1 for a check that failed', t => {
  const current: ProductView = { ...product, verdict: 'current' }
  t.equal(
    exitStatusOfUpdates({ clock: 'trusted', products: [current, product], catalogue: [], catalogueUnsigned: [] }),
    10,
  )
  t.equal(
    exitStatusOfUpdates({ clock: 'trusted', products: [current, failed], catalogue: [], catalogueUnsigned: [] }),
    0,
  )
  t.equal(exitStatusOfUpdates({ clock: 'untrusted', products: [failed], catalogue: [], catalogueUnsigned: [] }), 4)
  t.equal(exitStatusOfCheck([current, failed]), 1)
  t.equal(exitStatusOfCheck([{ ...failed, reason: 'UPD_NOT_INSTALLED' }]), 0)
  t.equal(exitStatusOfCheck([failed, product]), 10)
  t.end()
})

t.test('key=value words become settings, or the mistake is named', t => {
  t.same(
    readProductSettings('tool', [
      'kind=github',
      'package=org/tool',
      'installed.command=tool --version',
      'silenceDays=90',
      'prereleases=true',
    ]),
    {
      kind: 'github',
      package: 'org/tool',
      silenceDays: 90,
      prereleases: true,
      installed: { command: ['tool', '--version'] },
    },
  )
  t.same(readProductSettings('debian', []), {})
  const pinned = ['kind=json', 'address=http://a.example/', 'path=/v', `sha256=${'ab'.repeat(32)}`]
  t.match(readProductSettings('tool', pinned), { sha256: 'ab'.repeat(32) })
  t.throws(() => readProductSettings('tool', ['kind=json']), { message: /tool\.path: found nothing; allowed: a value/ })
  t.throws(() => readProductSettings('tool', ['kind=rpm']), { code: 'SUP_USAGE', message: /^tool\.kind: found "rpm"/ })
  t.throws(() => readProductSettings('tool', ['kind=json', 'address=http://a.example/', 'path=/v']), {
    message: /unsigned: true/,
  })
  t.throws(() => readProductSettings('tool', ['nonsense']), { code: 'SUP_USAGE', message: /no key=value/ })
  t.end()
})
