import { readFile } from 'node:fs/promises'
import t from 'tap'
import { CordonUnderTest, run } from '../../../deploy/dev/cordon-under-test.ts'
import { until } from '../../../shared/test/until.ts'

t.setTimeout(300_000)

const cordon = await CordonUnderTest.start('limits: { connectSeconds: 5 }\n')
t.teardown(() => cordon.close())
const port = await cordon.add('mail')
const proxy = `socks5h://127.0.0.1:${port}`

const fetchOnce = async (): Promise<number> =>
  (await run('curl', ['-sS', '-m', '40', '-o', '/dev/null', '-x', proxy, 'http://check.example/'])).status

/** Every socket of the process and those below it that is not AF_UNIX or a listener on loopback. */
async function foreignSockets(pid: number): Promise<string[]> {
  const found: string[] = []
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6']) {
    const text = await readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')
    const own = new Set((await run('ls', ['-l', `/proc/${pid}/fd`])).stdout.match(/socket:\[\d+\]/g) ?? [])
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/)
      const loopback = /^(0100007F|00000000000000000000000001000000)/
      if (
        own.has(`socket:[${inode}]`) &&
        !(loopback.test(local) && /^(0100007F|0{8}|0{32}|0{24}01000000)/.test(remote))
      )
        found.push(line)
    }
  }
  return found
}

t.test(
  'TOR-01 tor killed: open streams fail, new ones hear an error, and the service comes back by itself',
  async t => {
    // Five seconds may be too few for the first circuit of a busy machine.
    await until('service', async () => (await fetchOnce()) === 0, 120_000)
    let isOver = true
    const begin = (): ReturnType<typeof run> => {
      isOver = false
      return run('curl', ['-sS', '-o', '/dev/null', '-x', proxy, 'http://bulk.example/10000000000']).finally(() => {
        isOver = true
      })
    }
    let download = begin()
    await until('the download', async () => {
      if (isOver) download = begin()
      const [mail] = (await cordon.status()).apps
      return (mail?.streams ?? 0) > 0 && (mail?.bytesRead ?? 0) > 100_000
    })
    const before = await cordon.pidOf('tor')
    process.kill(before, 'SIGKILL')
    t.not((await download).status, 0, 'the open stream fails')
    const after = await until('a new tor', async () => {
      const tor = (await cordon.status()).parts.find(({ name }) => name === 'tor')
      return tor?.pid !== null && tor?.pid !== before && tor?.pid
    })
    t.not(after, before)
    t.not(await cordon.pidOf('gateway'), 0, 'the gateway lives on')
    await until('service again', async () => (await fetchOnce()) === 0, 120_000)
    await until('readiness', async () => (await cordon.status()).state === 'ready')
  },
)

t.test('killing the gateway never gives an app another path: its port refuses, and then works again', async t => {
  const gateway = await cordon.pidOf('gateway')
  t.same(await foreignSockets(gateway), [], 'the gateway has no socket beyond loopback and AF_UNIX')
  process.kill(gateway, 'SIGKILL')
  const outcomes: number[] = []
  await until(
    'service again',
    async () => {
      const status = await fetchOnce()
      outcomes.push(status)
      return status === 0
    },
    120_000,
  )
  // 7: could not connect; 97: refused by the port; 52, 56: cut. Whatever was said, nothing else answered.
  for (const status of outcomes.slice(0, -1)) t.ok([7, 52, 56, 97].includes(status), `curl ${status}`)
  t.not(await cordon.pidOf('gateway'), gateway)
})

t.test('TOR-02 a tor that is stopped is answered for at our own deadline', async t => {
  const tor = await cordon.pidOf('tor')
  process.kill(tor, 'SIGSTOP')
  const wake = (): void => {
    try {
      process.kill(tor, 'SIGCONT')
    } catch {
      // Its watchdog has replaced it by then: there is nobody left to wake.
    }
  }
  t.teardown(wake)
  const { stderr } = await run('curl', ['-sS', '-m', '40', '-x', proxy, 'http://check.example/'])
  t.match(stderr, /\((6|1)\)|closed|reset/, stderr)
  wake()
  await until('service again', async () => (await fetchOnce()) === 0, 120_000)
})
