import { type Answer, encode } from 'dns-packet'
import { FUZZ_SEED, type FuzzTarget } from '../../../shared/test/fuzz.ts'
import { acceptUpstreamAnswer, decodeQuery, encodeResponse, RCODE } from '../src/wire/index.ts'
import { makeCorpus } from './hostile-corpus.ts'

const questions = [{ name: 'a.example', type: 'TXT', class: 'IN' }] as const
const plain = encode({ type: 'query', id: 9, flags: 0x0100, questions: [...questions] })
const QUERY = decodeQuery(plain)

const records = [
  { type: 'CNAME', name: 'a.example', ttl: 60, data: 'b.example' },
  { type: 'TXT', name: 'b.example', ttl: 60, data: 'x' },
  { type: 'UNKNOWN_65', name: 'b.example', ttl: 60, data: Buffer.from('000100000400040a000001', 'hex') },
] as unknown as Answer[]

/** What dns takes from programs and from resolvers. */
export const DNS_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'dns query',
    seeds: makeCorpus(FUZZ_SEED),
    dictionary: [Buffer.from('c00c', 'hex'), Buffer.from('000029ffff000000000000', 'hex')],
    run(bytes) {
      const decoded = decodeQuery(Buffer.from(bytes))
      if (decoded.type !== 'query') return
      const { query } = decoded
      const body = { bytes: Buffer.alloc(0), answers: 0, authorities: 0, ttlsAt: [] }
      const again = encodeResponse(query, { rcode: RCODE.NOERROR, body }, 'udp')
      if (again.length > 512) throw new Error('an empty answer is longer than what everybody takes')
      if (query.name().length > 2 * 255) throw new Error('a name is longer than a name can be')
    },
  },
  {
    name: 'dns answer of a resolver',
    seeds: [encode({ type: 'response', id: 9, flags: 0x0180, questions: [...questions], answers: records })],
    dictionary: [Buffer.from('c00c', 'hex'), Buffer.from('ffff', 'hex'), Buffer.from('00010001', 'hex')],
    run(bytes) {
      if (QUERY.type !== 'query') throw new Error('the question of the seeds is one')
      const found = acceptUpstreamAnswer(Buffer.from(bytes), 9, QUERY.query)
      if (found.type !== 'answer') return
      const { body } = found
      if (body.ttlsAt.length !== body.answers + body.authorities) throw new Error('a record has no time to live')
      encodeResponse(QUERY.query, { rcode: found.rcode, body, ageSeconds: 1 }, 'tcp')
    },
  },
]
