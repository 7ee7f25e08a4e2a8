import { isDeepStrictEqual } from 'node:util'
import type { Decoded } from '@cordon/shared/errors'
import {
  decodeConnectHead,
  decodeMethodSelection,
  decodeReply,
  decodeSocks4Request,
  decodeUserPassword,
  decodeUserPasswordAnswer,
  encodeReply,
  encodeUserPassword,
  openHandshake,
  parseTarget,
  type SocksCommand,
} from '@cordon/shared/socks'
import { hex, join, latin1 } from '../bytes.ts'
import type { FuzzTarget } from '../fuzz.ts'

function require(holds: boolean, law: string): void {
  if (!holds) throw new Error(law)
}

/** The laws of a decoder, each checked at one place that the input itself picks. */
function checkDecoder<T>(decode: (bytes: Uint8Array) => Decoded<T>, bytes: Uint8Array): Decoded<T> {
  const found = decode(bytes)
  const pick = bytes.reduce((sum, byte) => (sum * 31 + byte) >>> 0, bytes.length)
  switch (found.type) {
    case 'decoded': {
      const { consumed } = found
      require(consumed > 0 && consumed <= bytes.length, 'consumes what is there')
      const cut = pick % consumed
      const prefix = decode(bytes.subarray(0, cut))
      require(prefix.type === 'incomplete' && prefix.need <= consumed - cut, 'a strict prefix is incomplete')
      const alone = decode(bytes.subarray(0, consumed))
      require(isDeepStrictEqual(alone, found), 'what follows changes nothing')
      break
    }
    case 'incomplete': {
      require(found.need >= 1, 'asks for something')
      const almost = decode(join(bytes, new Uint8Array(found.need - 1).fill(pick)))
      require(almost.type !== 'decoded', 'asks for no more than is missing')
      break
    }
    case 'malformed':
      require(decode(join(bytes, Uint8Array.of(pick))).type === 'malformed', 'malformed stays malformed')
      require(!/[^ -~]/.test(found.why), 'says why in words')
  }
  return found
}

/** Run a handshake against fixed answers, in chunks. What follows a failure means nothing, so only a stream has a rest. */
function playAnswers(command: SocksCommand, answers: Uint8Array, chunk: number) {
  const credentials = { user: latin1('u'), password: latin1('p') }
  const handshake = openHandshake({ command, target: parseTarget('a.example'), port: 1, credentials })
  for (let at = 0; ; ) {
    const step = handshake.next()
    if (step.type === 'finished') {
      const isStream = step.outcome.type === 'connected' || step.outcome.type === 'resolved'
      return { outcome: step.outcome, rest: isStream ? join(step.readAhead, answers.subarray(at)) : undefined }
    }
    if (step.type === 'send') continue
    if (at >= answers.length) handshake.end()
    else handshake.push(answers.subarray(at, at + chunk))
    at += chunk
  }
}

const handshakeSeeds = [
  hex('05 02 01 00 05 00 00 01 00000000 0000'),
  hex('05 02 01 00 05 00 00 03 01 61 0050 32323020'),
  hex('05 02 01 00 05 00 00 04 20010db8000000000000000000000001 0050'),
  hex('05 02 01 00 05 f6 00 01 00000000 0000'),
  hex('05 02 01 00 05 04 00 00'),
  hex('05 02 01 01'),
  hex('05 ff'),
]

/** Every decoder of the room socks, with valid messages to start from. */
export const SOCKS_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'socks method selection',
    seeds: [hex('05 02'), hex('05 ff')],
    run: bytes => void checkDecoder(decodeMethodSelection, bytes),
  },
  {
    name: 'socks user name and password',
    seeds: [hex('01 04 75736572 04 70617373'), hex('01 00 00'), hex('01 01 00 01 ff')],
    run(bytes) {
      const found = checkDecoder(decodeUserPassword, bytes)
      if (found.type !== 'decoded') return
      const again = Buffer.from(encodeUserPassword(found.value))
      require(again.equals(bytes.subarray(0, found.consumed)), 'encodes to the same bytes')
    },
  },
  {
    name: 'socks user name and password answer',
    seeds: [hex('01 00'), hex('01 01')],
    run: bytes => void checkDecoder(decodeUserPasswordAnswer, bytes),
  },
  {
    name: 'socks reply',
    seeds: [
      hex('05 00 00 01 c0000201 0050'),
      hex('05 00 00 03 03 612e62 0050'),
      hex('05 00 00 04 20010db8000000000000000000000001 0050'),
      hex('05 04 00 00'),
    ],
    run(bytes) {
      const found = checkDecoder(decodeReply, bytes)
      if (found.type !== 'decoded' || found.value.type !== 'succeeded') return
      const { bound } = found.value
      const again = decodeReply(encodeReply(0, bound))
      require(again.type === 'decoded' &&
        JSON.stringify(again.value) === JSON.stringify(found.value), 'encodes the same')
    },
  },
  {
    name: 'socks 4 request',
    seeds: [
      hex('04 01 0050 00000001 00 6578616d706c652e636f6d 00'),
      hex('04 01 01bb c0000201 7573 00'),
      hex('04 f0 0000 000000ff 75736572 00 3132372e302e302e31 00'),
      join(hex('04 01 0050 00000001'), latin1('u'.repeat(255)), hex('00'), latin1('n'.repeat(255)), hex('00')),
    ],
    run: bytes => void checkDecoder(decodeSocks4Request, bytes),
  },
  {
    name: 'http connect head',
    seeds: [
      latin1('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n'),
      latin1('CONNECT [2001:db8::1]:443 HTTP/1.0\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n'),
      latin1('CONNECT 127.0.0.1:1 HTTP/1.1\r\nTor-Stream-Isolation: a\r\nX-Tor-Stream-Isolation:\r\n\r\n'),
      latin1('GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n'),
    ],
    dictionary: ['\r\n', '\n', '\r\n\r\n', ': ', ' ', '\r\nContent-Length: 0', ':443', '[::]', 'Basic Og=='].map(
      latin1,
    ),
    run: bytes => void checkDecoder(decodeConnectHead, bytes),
  },
  ...(['connect', 'resolve'] as const).map(command => ({
    name: `socks handshake, ${command}`,
    seeds: handshakeSeeds,
    run(bytes: Uint8Array) {
      const whole = playAnswers(command, bytes, bytes.length + 1)
      const byByte = playAnswers(command, bytes, 1)
      require(isDeepStrictEqual(whole, byByte), 'the cut of the bytes changes nothing')
    },
  })),
]
