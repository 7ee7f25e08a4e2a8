import type { Answer, Question } from 'dns-packet'
import { reverseName, type Zone, type ZoneReply } from './zones.ts'

/** Long enough to be cached by whoever caches. */
const TTL_SECONDS = 600

/** What stands at a name: its data by type, under the type's name as dns-packet has it. */
type Records = Readonly<Record<string, readonly unknown[]>>

/** HTTPS records (RFC 9460): priority 1, target the owner itself, and the parameter ipv4hint with one address. */
const httpsWithHint = (...octets: number[]): Buffer => Buffer.from([0, 1, 0, 0, 4, 0, 4, ...octets])

/** 255 bytes of text, the most that one character string holds (RFC 1035 section 3.3). */
const TEXT = 'x'.repeat(255)

/** Honest names of every kind that a resolver is asked for. Their addresses are out of documentation ranges. */
const HONEST: Readonly<Record<string, Records>> = {
  'four.dns.example': { A: ['198.51.100.4'] },
  'six.dns.example': { AAAA: ['2001:db8::6'] },
  'dual.dns.example': { A: ['198.51.100.10'], AAAA: ['2001:db8::10'] },
  'alias.dns.example': { CNAME: ['four.dns.example'] },
  'types.dns.example': {
    A: ['198.51.100.11'],
    MX: [{ preference: 10, exchange: 'four.dns.example' }],
    TXT: ['v=lab'],
    CAA: [{ flags: 0, tag: 'issue', value: 'ca.example' }],
    UNKNOWN_65: [httpsWithHint(198, 51, 100, 11)],
  },
  '_imap._tcp.dns.example': { SRV: [{ priority: 0, weight: 5, port: 993, target: 'four.dns.example' }] },
  'big.dns.example': { TXT: Array.from({ length: 8 }, () => [TEXT]) },
}

/** Names of somebody who attacks whoever resolves them. */
const HOSTILE: Readonly<Record<string, Records>> = {
  'loop.hostile.example': { CNAME: ['pool.hostile.example'] },
  'pool.hostile.example': { CNAME: ['loop.hostile.example'] },
  'rebind.hostile.example': { A: ['192.168.1.1'] },
  'alias.hostile.example': { CNAME: ['rebind.hostile.example'] },
  'mapped.hostile.example': { AAAA: ['::ffff:10.0.0.1'] },
  'translated.hostile.example': { AAAA: ['64:ff9b::a00:1'] },
  'hint.hostile.example': { UNKNOWN_65: [httpsWithHint(192, 168, 1, 1)] },
  // 288 bytes each: just below what a message over TCP can hold.
  'huge.hostile.example': { TXT: Array.from({ length: 226 }, () => [TEXT]) },
}

/** A name that is never answered: a server that is gone, or holds its askers. */
const SLOW = 'slow.hostile.example'

/** An address whose name is a script for whoever prints it. */
const SCRIPTED = '203.0.113.66'

/** Answer from a table, following aliases within it as a resolver does, once around a loop at most. */
function tableZone(origin: string, table: Readonly<Record<string, Records>>): Zone {
  const reply = (question: Question, name: string): ZoneReply => {
    const answers: Answer[] = []
    const seen = new Set<string>()
    for (let at: string | undefined = name, owner = question.name; at !== undefined && !seen.has(at); ) {
      seen.add(at)
      const records: Records | undefined = table[at]
      const [alias] = (records?.['CNAME'] ?? []) as readonly string[]
      const type = alias === undefined ? question.type : 'CNAME'
      // dns-packet's types know neither UNKNOWN_65 nor that one table may hold data of all types.
      for (const data of records?.[type] ?? []) answers.push({ type, name: owner, ttl: TTL_SECONDS, data } as Answer)
      owner = alias ?? owner
      at = alias
    }
    const isThere = Object.keys(table).some(each => each === name || each.endsWith(`.${name}`))
    return { type: 'answer', rcode: isThere ? 'NOERROR' : 'NXDOMAIN', answers }
  }
  return { origin, reply: (question, name) => (name === SLOW ? { type: 'silence' } : reply(question, name)) }
}

/** Answer every name with one address, so that there is always another that nobody has asked for. */
function anyZone(origin: string, address: string): Zone {
  const answers = (question: Question): readonly Answer[] =>
    question.type === 'A' ? [{ type: 'A', name: question.name, ttl: TTL_SECONDS, data: address }] : []
  return { origin, reply: question => ({ type: 'answer', rcode: 'NOERROR', answers: answers(question) }) }
}

/** What the lab's name server and its resolver know besides the sites. */
export const DNS_ZONES: readonly Zone[] = [
  anyZone('any.dns.example', '198.51.100.12'),
  tableZone('dns.example', HONEST),
  tableZone('hostile.example', HOSTILE),
  tableZone(reverseName(SCRIPTED), { [reverseName(SCRIPTED)]: { PTR: ['<script>.hostile.example'] } }),
]
