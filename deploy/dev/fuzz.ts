/** Long fuzzing of every decoder. Prints inputs per second; a broken property ends it with the input that breaks it. */
import { parseArgs } from 'node:util'
import { parseConfiguration } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { Socks5Handshake } from '../../gateway/src/edge/socks5-handshake.ts'
import { type AppHandshake, HttpHandshake, Socks4Handshake } from '../../gateway/src/streams/index.ts'
import { DNS_TARGETS } from '../../services/dns/test/fuzz-targets.ts'
import { FUZZ_SEED, type FuzzTarget, fuzz } from '../../shared/test/fuzz.ts'
import { FUZZ_TARGETS } from '../../shared/test/fuzz-targets.ts'

const bytes = (...texts: readonly string[]): Uint8Array[] => texts.map(text => Buffer.from(text, 'latin1'))

/** What an app's side decides must not depend on how the bytes are cut. */
function appSide(name: string, make: () => AppHandshake, seeds: readonly Uint8Array[]): FuzzTarget {
  const outcome = (input: Uint8Array, size: number): string => {
    const handshake = make()
    const said: string[] = []
    for (let at = 0; at < input.length; at += size) {
      const step = handshake.push(input.subarray(at, at + size))
      if (step.send !== undefined) said.push(Buffer.from(step.send).toString('hex'))
      if (step.type !== 'more') return `${step.type} ${said.join('')}`
    }
    return `more ${said.join('')}`
  }
  const run = (input: Uint8Array): void => {
    if (outcome(input, 1) !== outcome(input, Math.max(1, input.length)))
      throw new Error('it depends on how bytes are cut')
  }
  return { name, seeds, run }
}

const TARGETS: readonly FuzzTarget[] = [
  ...FUZZ_TARGETS,
  ...DNS_TARGETS,
  appSide(
    'app side of SOCKS5',
    () => new Socks5Handshake({ extendedErrors: true }),
    bytes(
      '\x05\x01\x00\x05\x01\x00\x03\x09a.example\x00\x50',
      '\x05\x01\x02\x01\x01u\x01p\x05\xf0\x00\x01\xc6\x12\x00\x50\x00\x00',
    ),
  ),
  appSide(
    'app side of SOCKS4',
    () => new Socks4Handshake(),
    bytes('\x04\x01\x00\x50\x00\x00\x00\x01u\x00a.example\x00'),
  ),
  appSide(
    'app side of HTTP',
    () => new HttpHandshake(),
    bytes('CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n'),
  ),
  {
    name: 'configuration',
    seeds: bytes(
      'apps:\n  mail: { port: 20000, isolate: host, ports: [1, 2-3] }\nlimits: { connectSeconds: 3 }\n',
      'tor:\n  bridges:\n    lines: ["a b"]\n',
    ),
    dictionary: bytes('&a', '*a', '!!str ', '|\n', '? ', '- ', '{', '[', '#', '"', '\t', '<<: '),
    run: input => {
      try {
        parseConfiguration(Buffer.from(input).toString('utf8'), 'cordon.yaml')
      } catch (cause) {
        if (!(cause instanceof Fault && cause.code === 'CFG_INVALID')) throw cause
      }
    },
  },
]

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: String(FUZZ_SEED) },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
})

if (values.help === true) {
  process.stdout.write('usage: npm run fuzz -- [--inputs N in all] [--seed N] [--only PART OF A NAME]\n')
} else {
  const chosen = TARGETS.filter(({ name }) => name.includes(values.only ?? ''))
  const each = Math.ceil(Number(values.inputs) / chosen.length)
  process.stdout.write(`seed ${values.seed}, ${each} inputs into each of ${chosen.length} decoders\n`)
  for (const target of chosen) {
    const start = performance.now()
    fuzz(target, each, Number(values.seed))
    const rate = Math.round(each / ((performance.now() - start) / 1000))
    process.stdout.write(`ok ${target.name}: ${rate} inputs per second\n`)
  }
}
