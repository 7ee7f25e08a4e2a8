import t from 'tap'
import { formatRedisConfiguration, judgeFullness, parseRedisLogLine, redisMissing } from '../../src/redis/index.ts'

t.test('RED-09: the embedded Redis listens on one AF_UNIX socket, keeps nothing and throws nothing away', async t => {
  const text = formatRedisConfiguration({ directory: '/r/redis', socket: '/r/redis/redis.sock', access: 'user' })
  for (const line of [
    'port 0',
    'tls-port 0',
    'unixsocket "/r/redis/redis.sock"',
    'unixsocketperm 600',
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
  ]) {
    t.ok(text.split('\n').includes(line), line)
  }
  t.notMatch(text, /^bind /m)
  t.match(formatRedisConfiguration({ directory: '/r', socket: '/s', access: 'group' }), /^unixsocketperm 660$/m)
})

t.test('a path stays one word', async t => {
  const text = formatRedisConfiguration({ directory: '/a b"\\c', socket: '/s', access: 'user' })
  t.ok(text.includes('dir "/a b\\"\\\\c"'), text)
  t.throws(() => formatRedisConfiguration({ directory: '/a', socket: '/x\nport 6379', access: 'user' }), {
    code: 'HOST_SOCKET_UNUSABLE',
  })
})

t.test("lines of redis' log", async t => {
  const at = '7:M 23 Nov 2026 00:17:54.000'
  t.same(parseRedisLogLine(`${at} # Out of memory`), { level: 'warn', text: 'Out of memory' })
  t.match(parseRedisLogLine(`${at} # WARNING: Memory overcommit must be enabled!`), { level: 'info' })
  t.match(parseRedisLogLine(`${at} * Ready to accept connections`), { level: 'info' })
  t.match(parseRedisLogLine('7:signal-handler (1795398933) Received SIGTERM'), {
    level: 'info',
    text: 'Received SIGTERM',
  })
  t.match(parseRedisLogLine('*** FATAL CONFIG FILE ERROR ***'), { level: 'error' })
})

t.test('RED-06: a full Redis is known by its own figures', async t => {
  const info = (used: number, most: number): string => `# Memory\r\nused_memory:${used}\r\nmaxmemory:${most}\r\n`
  t.match(judgeFullness(info(67_108_864, 67_108_864)), { code: 'QUE_WRITES_REFUSED' })
  t.equal(judgeFullness(info(67_108_863, 67_108_864)), undefined)
  t.equal(judgeFullness(info(67_108_864, 0)), undefined, 'no limit')
  t.equal(judgeFullness(''), undefined)
})

t.test('a machine without redis is told what to install, and looked at again', async t => {
  t.match(redisMissing(), { code: 'QUE_UNREACHABLE', retry: 'after-waiting', next: /apt install redis-tools/ })
})
