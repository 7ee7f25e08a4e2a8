import { isDeepStrictEqual } from 'node:util'
import {
  Authentication,
  parseAddOnion,
  parseCircuitStatus,
  parseEntryGuards,
  parseEvent,
  parseGetConf,
  parseGetInfo,
  parseListeners,
  parseProtocolInfo,
  parseQuoted,
  parseRouterStatus,
  parseStreamStatus,
  parseTorVersion,
  quote,
  type Reply,
  ReplyReader,
} from '@cordon/shared/tor-control'
import { parseFields } from '../../src/tor-control/fields.ts'
import { chunksOf, hex, latin1 } from '../bytes.ts'
import type { FuzzTarget } from '../fuzz.ts'
import {
  AUTHENTICATION,
  CIRCUIT_STATUS,
  CONF_CHANGED,
  EVENTS,
  ROUTER_STATUS,
  STREAM_STATUS,
} from './fixtures/captured.ts'

function require(holds: boolean, law: string): void {
  if (!holds) throw new Error(law)
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** Small limits, so that mutations reach them. */
const LIMITS = { lineBytes: 600, replyBytes: 1500, replyLines: 12 }

function readAll(bytes: Uint8Array, chunk: number) {
  const reader = new ReplyReader(LIMITS)
  const replies: Reply[] = []
  let malformed: string | undefined
  for (const part of chunksOf(bytes, chunk)) {
    const reading = reader.push(part)
    require(malformed === undefined || reading.replies.length === 0, 'nothing is read after a break')
    replies.push(...reading.replies)
    malformed = reading.malformed
  }
  return { replies, malformed }
}

/** Write a reply as tor does; the other way of the reader. */
function write({ status, lines }: Reply): string {
  return lines
    .map(({ text, data }, at) => {
      if (data === undefined) return `${status}${at === lines.length - 1 ? ' ' : '-'}${text}\r\n`
      const stuffed = data.split('\n').map(line => `${line.startsWith('.') ? '.' : ''}${line}\r\n`)
      return `${status}+${text}\r\n${data === '' ? '' : stuffed.join('')}.\r\n`
    })
    .join('')
}

/** What a reader of text must do with any text: an answer, never a throw, and a refusal that repeats nothing. */
const reads =
  (parse: (text: string) => unknown) =>
  (bytes: Uint8Array): void => {
    const found = parse(text(bytes))
    if (typeof found === 'object' && found !== null && 'why' in found) {
      require(typeof found.why === 'string' && /^[A-Za-z_ -]{1,60}$/.test(found.why), 'says why in words')
    }
  }

const onReply = (parse: (reply: Reply) => unknown) => (bytes: Uint8Array) => {
  for (const reply of readAll(bytes, bytes.length + 1).replies) reads(() => parse(reply))(bytes)
}

const DICTIONARY = [
  '\r\n',
  '\n',
  '"',
  '\\',
  '\\377',
  ' ',
  '=',
  '.',
  '..',
  '250 OK\r\n',
  '650 ',
  '250+x=\r\n',
  '$',
  '~',
  ',',
  'REASON=',
]
const dictionary = DICTIONARY.map(latin1)
const events = Object.values(EVENTS).map(line => latin1(`${line}\r\n`))

/** Every decoder of the room tor-control, with lines of a real tor to start from. */
export const TOR_CONTROL_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'control replies',
    seeds: [...events, CONF_CHANGED, '250-a\r\n250+b=\r\nc\r\n..d\r\n\r\n.\r\n250 OK\r\n', '552 no\r\n'].map(seed =>
      typeof seed === 'string' ? latin1(seed) : seed,
    ),
    dictionary,
    run(bytes) {
      const whole = readAll(bytes, bytes.length + 1)
      require(isDeepStrictEqual(whole, readAll(bytes, 1 + (bytes.length % 9))), 'the cut of the bytes changes nothing')
      for (const reply of whole.replies) {
        const again = readAll(latin1(write(reply)), LIMITS.replyBytes)
        require(isDeepStrictEqual(again.replies, [reply]), 'writes to a reply that reads the same')
      }
    },
  },
  {
    name: 'control events',
    seeds: [...events, latin1(CONF_CHANGED)],
    dictionary,
    run: onReply(reply => (reply.status === 650 ? parseEvent(reply) : undefined)),
  },
  {
    name: 'control answers',
    seeds: [
      latin1(AUTHENTICATION.protocolInfo),
      latin1(AUTHENTICATION.challenge),
      latin1('250-version=0.4.9.11\r\n250+x=\r\na\r\n.\r\n250 OK\r\n'),
      latin1('250-SocksPort=unix:/s\r\n250 Bridge\r\n'),
      latin1(`250-ServiceID=${'a'.repeat(56)}\r\n250-PrivateKey=ED25519-V3:${'A'.repeat(86)}==\r\n250 OK\r\n`),
    ],
    dictionary,
    run(bytes) {
      for (const parse of [parseProtocolInfo, parseGetInfo, parseGetConf, parseAddOnion]) onReply(parse)(bytes)
    },
  },
  {
    name: 'control authentication',
    seeds: [
      latin1(`${AUTHENTICATION.protocolInfo}${AUTHENTICATION.challenge}250 OK\r\n`),
      latin1(`${AUTHENTICATION.protocolInfo}515 no\r\n`),
    ],
    dictionary,
    run(bytes) {
      const authentication = new Authentication({ clientNonce: hex(AUTHENTICATION.clientNonce) })
      let proven = false
      const { replies } = readAll(bytes, bytes.length + 1)
      for (let answered = 0; answered <= replies.length; ) {
        const step = authentication.next()
        if (step.type === 'finished') {
          require(step.outcome.type !== 'authenticated' || proven, 'only a server that knows the cookie is trusted')
          return
        }
        if (step.type === 'send' && step.command.keyword === 'AUTHENTICATE') {
          proven = text(bytes).includes(AUTHENTICATION.challenge.slice(29, 29 + 64))
        }
        if (step.type === 'read-cookie') authentication.cookie(hex(AUTHENTICATION.cookie))
        if (step.type === 'receive') {
          const reply = replies[answered]
          if (reply !== undefined) authentication.push(reply)
          answered += 1
        }
      }
    },
  },
  {
    name: 'control fields and quoted strings',
    seeds: [...Object.values(EVENTS).map(latin1), latin1('"a \\"b\\\\ \\377"'), latin1('A="x" B=y c')],
    dictionary,
    run(bytes) {
      const line = text(bytes)
      const fields = parseFields(line, line.length % 5)
      for (const value of fields?.keywords.values() ?? []) {
        require(parseQuoted(quote(value))?.value === value, 'a value can be quoted again')
      }
      const quoted = parseQuoted(line)
      require(quoted === undefined || quoted.end <= line.length, 'ends where there is text')
    },
  },
  {
    name: 'control lists',
    seeds: [
      CIRCUIT_STATUS,
      STREAM_STATUS,
      ROUTER_STATUS,
      '$8164CE09DA795F7EC0EE9DA8A1848366FE2D9173~e1 up',
      '"a" "b"',
    ].map(latin1),
    dictionary: [...dictionary, latin1('\n')],
    run(bytes) {
      for (const parse of [
        parseCircuitStatus,
        parseStreamStatus,
        parseRouterStatus,
        parseEntryGuards,
        parseListeners,
      ]) {
        reads(parse)(bytes)
      }
    },
  },
  {
    name: 'tor version',
    seeds: ['0.4.9.11', 'Tor 0.4.9.1-alpha-dev (git-0123)'].map(latin1),
    run: bytes => void parseTorVersion(text(bytes)),
  },
]
