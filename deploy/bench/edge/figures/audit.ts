import { isAsynchronous, parseEvent, ReplyReader } from '@cordon/shared/tor-control'
import { Auditor, makePair } from '../../../../gateway/src/audit/index.ts'
import type { Effort, Figure } from '../../figure.ts'

const STREAMS_A_SECOND = 200
const SECONDS = 3600
/** Streams that share a circuit before it is closed. */
const STREAMS_A_CIRCUIT = 10
const PATH = ['A', 'B', 'C'].map(digit => `$${digit.repeat(40)}~relay${digit}`).join(',')
const APP = 'bench' as never

/** What an hour of events costs: parsed, judged and kept, as fast as it goes. */
export async function measureAudit({ say }: Effort): Promise<Figure> {
  say('audit, an hour of events')
  let now = 0
  const auditor = new Auditor({
    now: () => now,
    date: () => new Date(now).toISOString(),
    appOf: username => (username === 'tag' ? APP : undefined),
    act: () => {},
    onViolation: () => {},
    onVerdict: () => {},
  })
  auditor.adopt([], [])
  auditor.learnDrift([])
  auditor.learnGuards(['A'.repeat(40)])
  const reader = new ReplyReader()
  let [events, peakHeap] = [0, 0]
  const take = (text: string): void => {
    for (const reply of reader.push(Buffer.from(text, 'latin1')).replies) {
      const event = isAsynchronous(reply) ? parseEvent(reply) : undefined
      if (event?.type !== 'stream' && event?.type !== 'circuit') continue
      auditor.take(event)
      events += 1
    }
  }
  const before = process.cpuUsage()
  for (let second = 0; second < SECONDS; second++) {
    now = second * 1000
    for (let n = 0; n < STREAMS_A_SECOND; n++) playStream(second * STREAMS_A_SECOND + n, auditor, take)
    if (second % 15 === 0) auditor.tick()
    if (second % 60 === 0) peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed)
  }
  const { user, system } = process.cpuUsage(before)
  const microseconds = user + system
  const { verdict } = auditor.view
  return {
    name: 'audit',
    title: 'what an hour of events of 200 streams a second costs',
    rows: [
      { what: 'of one core', unit: '%', ours: (microseconds / (SECONDS * 1e6)) * 100, budget: { atMost: 5 } },
      { what: 'processor time of an event', unit: 'µs', ours: microseconds / events },
      { what: 'peak heap of this process', unit: 'MiB', ours: peakHeap / 1_048_576 },
    ],
    notes: [
      `${events} events of ${SECONDS * STREAMS_A_SECOND} streams, ${STREAMS_A_CIRCUIT} on a circuit; the verdict was ${verdict}`,
      'the reading of lines, the parser, the auditor and the recorder; generated lines, no tor and no socket',
    ],
  }
}

function playStream(n: number, auditor: Auditor, take: (text: string) => void): void {
  const circuit = Math.floor(n / STREAMS_A_CIRCUIT) + 1
  const key = `key${circuit}`
  const credentials = `SOCKS_USERNAME="tag" SOCKS_PASSWORD="${key}" CLIENT_PROTOCOL=SOCKS5 NYM_EPOCH=0 SESSION_GROUP=-5 ISO_FIELDS=SOCKS_USERNAME,SOCKS_PASSWORD,SESSION_GROUP,NYM_EPOCH`
  const isFirst = n % STREAMS_A_CIRCUIT === 0
  const launched = `650 CIRC ${circuit} LAUNCHED PURPOSE=GENERAL\r\n650 CIRC ${circuit} BUILT ${PATH} PURPOSE=GENERAL\r\n`
  const claim = auditor.send({ app: APP, key, pair: makePair('tag', key), source: undefined })
  const stream = (status: string, on: number | string): string =>
    `650 STREAM ${n + 1} ${status} ${on} site.example:443 ${credentials}\r\n`
  take(`${isFirst ? launched : ''}${stream('NEW', 0)}${stream('SENTCONNECT', circuit)}`)
  claim.answered()
  take(`${stream('SUCCEEDED', circuit)}${stream('CLOSED', circuit)}`)
  claim.ended()
  if (n % STREAMS_A_CIRCUIT === STREAMS_A_CIRCUIT - 1) take(`650 CIRC ${circuit} CLOSED ${PATH} REASON=FINISHED\r\n`)
}
