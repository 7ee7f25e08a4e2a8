import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { Cordon, openLab, until } from './cordon.ts'

t.setTimeout(200_000)
const lab = await openLab()
t.teardown(() => lab.close())

async function open(t: { teardown(end: () => Promise<void>): void }): Promise<Cordon> {
  const cordon = await Cordon.create()
  t.teardown(() => cordon.close())
  const { status, err } = await cordon.run('up', '--lab', '--lab-dir', lab.directory, '--detach')
  if (status !== 0) throw new Error(err)
  await until('the first look at isolation', async () => (await cordon.status()).audit.verdict === 'held')
  return cordon
}

const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--']

t.test(
  'RED-09 the embedded Redis: a private socket and no port; no other user reaches it, and HTTP is cut off',
  async t => {
    const cordon = await open(t)
    const directory = join(cordon.runtimeDirectory, 'redis')
    const socket = join(directory, 'redis.sock')
    t.equal(statSync(directory).mode & 0o777, 0o700)
    t.equal(statSync(socket).mode & 0o777, 0o600)
    const say = async (words: string): Promise<string> => {
      const client = connect(socket)
      client.write(words)
      let heard = ''
      client.on('data', chunk => {
        heard += chunk
      })
      await once(client, 'close')
      return heard
    }
    t.equal(await say('POST / HTTP/1.1\r\nHost: x\r\n\r\nSET evil 1\r\nQUIT\r\n'), '')
    t.match(await say('EXISTS evil\r\nCONFIG GET port\r\nQUIT\r\n'), /^:0\r\n(.*\r\n)*\$4\r\nport\r\n\$1\r\n0\r\n/)
    const ask = ['curl', '--silent', '--unix-socket', socket, 'http://redis/']
    const statusOf = async (program: string, ...args: string[]): Promise<number> =>
      (await once(spawn(program, args, { stdio: 'ignore' }), 'close'))[0]
    t.equal(await statusOf('curl', ...ask.slice(1)), 52, 'we are connected, and cut off (curl: empty reply)')
    if (process.getuid?.() !== 0) t.comment('only root can become another user')
    else t.equal(await statusOf('setpriv', ...nobody, ...ask), 7, 'another user is not even connected')
  },
)
