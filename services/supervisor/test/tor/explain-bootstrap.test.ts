import type { TorEvent } from '@cordon/shared/tor-control'
import t from 'tap'
import {
  beginProgress,
  type Circumstances,
  explainBootstrap,
  observe,
  QUIET_MS,
  type TorProgress,
} from '../../src/tor/index.ts'

const phase = (progress: number, tag: string, reason?: string): TorEvent => ({
  type: 'bootstrap',
  phase: {
    severity: reason === undefined ? 'NOTICE' : 'WARN',
    progress,
    tag,
    summary: `${tag} phase`,
    warning: reason === undefined ? undefined : 'it did not work',
    reason,
    count: undefined,
    recommendation: undefined,
  },
})

const status = (action: string, skewSeconds?: number): TorEvent => ({
  type: 'status',
  source: 'client',
  severity: 'NOTICE',
  action,
  reason: undefined,
  skewSeconds,
  jumpSeconds: undefined,
})

const after = (...events: readonly TorEvent[]): TorProgress =>
  events.reduce((progress, event) => observe(progress, event, 0), beginProgress(0))

const HERE: Circumstances = { hasNetwork: true, bridges: false, upstreamProxy: false, lab: false, now: 0 }
const QUIET = { ...HERE, now: QUIET_MS }

t.test('progress follows the events', async t => {
  const start = beginProgress(5)
  const moved = observe(start, phase(10, 'conn_done'), 9)
  t.match(moved, { percent: 10, tag: 'conn_done', summary: 'conn_done phase', movedAt: 9 })
  const complained = observe(moved, phase(10, 'conn_done', 'TIMEOUT'), 20)
  t.match(complained, { reason: 'TIMEOUT', movedAt: 9 }, 'a complaint is no step forward')
  t.match(observe(complained, phase(10, 'conn_done'), 21), { reason: 'TIMEOUT', warning: 'it did not work' })
  t.match(observe(complained, phase(15, 'handshake_done'), 22), { reason: undefined, warning: undefined, movedAt: 22 })
  const up = observe(complained, status('CIRCUIT_ESTABLISHED'), 30)
  t.match(up, { circuitEstablished: true, reason: undefined })
  t.match(observe(up, status('CIRCUIT_NOT_ESTABLISHED'), 40), { circuitEstablished: false, movedAt: 40 })
  t.match(observe(moved, status('CIRCUIT_NOT_ESTABLISHED'), 40), { movedAt: 9 })
  t.match(observe(moved, status('CLOCK_SKEW', -7200), 40), { skewSeconds: -7200 })
  t.equal(observe(moved, status('DANGEROUS_SOCKS'), 40), moved)
  t.equal(observe(moved, { type: 'unknown', name: 'OTHER' }, 40), moved)
})

t.test('a tor that moves, or has a circuit, is not explained', async t => {
  t.equal(explainBootstrap(after(phase(5, 'conn')), HERE), undefined)
  t.equal(explainBootstrap(after(phase(5, 'conn', 'TIMEOUT'), status('CIRCUIT_ESTABLISHED')), QUIET), undefined)
  t.equal(explainBootstrap(after(phase(5, 'conn', 'TIMEOUT')), { ...HERE, lab: true }), undefined)
})

t.test('each cause that can be told apart is told', async t => {
  const table: readonly (readonly [string, TorProgress, Circumstances, RegExp])[] = [
    ['no network, at once', after(), { ...HERE, hasNetwork: false }, /no network besides loopback/],
    ['the lab', after(phase(5, 'conn')), { ...QUIET, lab: true, hasNetwork: false }, /relays of the lab/],
    ['a wrong clock', after(status('CLOCK_SKEW', 86_400)), QUIET, /clock/],
    ['a small skew is no cause', after(status('CLOCK_SKEW', 60)), QUIET, /no Tor relay has answered/],
    ['a broken transport', after(phase(1, 'conn_pt', 'PT_MISSING')), HERE, /disguises the traffic/],
    [
      'a dead proxy',
      after(phase(3, 'conn_proxy', 'CONNECTREFUSED')),
      { ...HERE, upstreamProxy: true },
      /upstream proxy/,
    ],
    ['dead bridges', after(phase(5, 'conn', 'TIMEOUT')), { ...HERE, bridges: true }, /none of the bridges/],
    ['no route', after(phase(5, 'conn', 'NOROUTE')), HERE, /no route/],
    ['interception', after(phase(14, 'handshake', 'IDENTITY')), HERE, /in place of a Tor relay/],
    ['censorship by inspection', after(phase(14, 'handshake', 'DONE')), HERE, /censorship is likely/],
    ['a firewall', after(phase(5, 'conn', 'CONNECTREFUSED')), HERE, /are refused/],
    ['silence', after(phase(5, 'conn', 'TIMEOUT')), HERE, /not answered or break/],
    ['limits', after(phase(5, 'conn', 'RESOURCELIMIT')), HERE, /file descriptors/],
    ['nothing yet', after(phase(5, 'conn')), QUIET, /no Tor relay has answered/],
    ['no directory', after(phase(45, 'requesting_descriptors')), QUIET, /directory of the Tor network/],
    ['no circuit', after(phase(90, 'ap_handshake_done')), QUIET, /none has worked yet/],
  ]
  for (const [name, progress, circumstances, cause] of table) {
    const explanation = explainBootstrap(progress, circumstances)
    t.match(explanation, { cause, next: /\.$/ }, name)
  }
})
