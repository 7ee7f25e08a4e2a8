import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { LAB_DESCRIPTION, LAB_MESSAGE, LAB_STEPS, type LabDescription } from '@cordon/shared/contracts'
import { fits } from '@cordon/shared/schema'
import t from 'tap'
import { enterLab, parseSighting } from './lab-client.ts'
import { askLab, hear, MAIN, processesOf, startLab, until } from './running-lab.ts'

// A busy machine takes several times the usual 15 s; nothing here is timed.
const START_MS = 240_000
const END_MS = 20_000

// The file's own limit, above the sum of what is waited for below.
t.setTimeout(3 * START_MS)

const directory = await mkdtemp(`${tmpdir()}/cordon-lab-test-`)
t.teardown(async () => {
  for (const pid of processesOf(directory)) process.kill(pid, 'SIGKILL')
  await until(() => processesOf(directory).length === 0, END_MS)
  await rm(directory, { recursive: true, force: true })
})

let first: LabDescription | undefined

t.test('a lab from nothing', { timeout: START_MS }, async t => {
  const lab = startLab(directory)
  t.teardown(() => lab.kill('SIGKILL'))
  const messages = await hear(lab)
  const last = messages.at(-1)
  if (last?.type !== 'ready') {
    t.fail('the lab did not get ready', { last })
    return
  }
  const { description } = last
  first = description

  t.test('says what it does, in the words of the contract', async t => {
    for (const message of messages) t.ok(fits(LAB_MESSAGE, message), JSON.stringify(message))
    const steps = messages.flatMap(message => (message.type === 'progress' ? [message.step] : []))
    t.same([...new Set(steps)], LAB_STEPS)
    const percents = messages.flatMap(message => (message.type === 'progress' ? [message.percent] : []))
    t.same(
      percents,
      percents.toSorted((a, b) => a - b),
    )
  })

  t.test('describes itself to whoever connects, and to this user only', async t => {
    const heard = await askLab(directory)
    t.same(heard, description)
    t.ok(fits(LAB_DESCRIPTION, heard))
    t.equal((await stat(directory)).mode & 0o777, 0o700)
    t.equal((await stat(`${directory}/lab.sock`)).mode & 0o777, 0o600)
  })

  t.test('refuses a second lab in its directory, and stays', async t => {
    const second = startLab(directory)
    const [messages] = await Promise.all([hear(second), once(second, 'close')])
    t.match(messages, [{ type: 'failed', code: 'LAB_ALREADY_RUNNING', next: /lab\.sock/ }])
    t.equal(second.exitCode, 1)
    t.same(await askLab(directory), description)
  })

  t.test('takes a tor client', async t => {
    const client = await enterLab(description, `${directory}-client`)
    t.teardown(async () => {
      await client.stop()
      await rm(`${directory}-client`, { recursive: true, force: true })
    })
    const exits = description.exits.map(({ address }) => address)

    t.test('that reaches a site, which sees the exit and the headers as sent', async t => {
      const seen = parseSighting(await client.fetch('a:1', 'http://CHECK.example/', '-H', 'X-Test: One'))
      t.ok(exits.includes(seen.remoteAddress))
      t.strictSame(seen.headers.at(-1), ['X-Test', 'One'])
      t.equal(seen.tls, null)
    })

    t.test('that reaches it by HTTPS under the authority of the lab', async t => {
      const seen = parseSighting(await client.fetch('a:1', 'https://check.example/'))
      t.match(seen.tls, { protocol: 'TLSv1.3', servername: 'check.example', sessionReused: false, alpn: 'http/1.1' })
      await t.rejects(client.fetch('a:1', 'https://check.example/', '--cacert', '/dev/null'))
    })

    t.test('that reaches the onion service at once, by HTTP and HTTPS', async t => {
      for (const scheme of ['http', 'https']) {
        const seen = parseSighting(await client.fetch('o:1', `${scheme}://${description.onion}/`))
        t.equal(seen.remoteAddress, '198.18.3.1')
      }
    })

    t.test('whose credentials leave by exits of their own', async t => {
      const exitOf = async (credentials: string) =>
        parseSighting(await client.fetch(credentials, 'http://check.example/')).remoteAddress
      t.equal(await exitOf('b:1'), await exitOf('b:1'), 'one credential, one exit')
      const seen = new Set<string>()
      // Each has one exit in four, so forty that all agree are no accident.
      for (let n = 0; n < 40 && seen.size < 2; n++) seen.add(await exitOf(`c${n}:1`))
      t.equal(seen.size, 2)
      t.ok([...seen].every(address => exits.includes(address)))
    })

    t.test('that takes bytes and sends them', async t => {
      const amount = 3_000_000
      const size = ['-o', '/dev/null', '-w', '%{size_download}']
      t.equal(await client.fetch('a:1', `http://bulk.example/${amount}`, ...size), `${amount}`)
      await writeFile(`${directory}-client/post`, Buffer.alloc(amount))
      const post = ['--data-binary', `@${directory}-client/post`]
      t.same(JSON.parse(await client.fetch('a:1', 'https://bulk.example/', ...post)), { received: amount })
    })

    t.test('that hears of a name that is not there', async t => {
      await t.rejects(client.fetch('a:1', 'http://nope.example/'), { code: 97 }, "curl's code for a SOCKS refusal")
    })
  })

  t.test('ends when its program is killed', async t => {
    t.ok(processesOf(directory).length > 8, 'there were processes')
    lab.kill('SIGKILL')
    t.ok(await until(() => processesOf(directory).length === 0, END_MS), 'no process')
    t.equal(await askLab(directory), undefined, 'no answer')
    t.notMatch(await readFile('/proc/self/mountinfo', 'utf8'), directory, 'no mount')
    t.ok(existsSync(`${directory}/lab.sock`), 'a dead socket is left, for the next run to clear away')
  })
})

t.test('a second run', { timeout: START_MS }, async t => {
  const owner = startLab(directory, { owned: true })
  t.teardown(() => owner.kill('SIGKILL'))
  const last = (await hear(owner)).at(-1)
  if (last?.type !== 'ready') {
    t.fail('the lab did not get ready', { last })
    return
  }

  t.test('is the same network, under the same names', async t => {
    const { pid, ...same } = last.description
    t.match(first, same)
    t.same(await askLab(directory), last.description)
  })

  t.test('ends with its owner, however that ends, and leaves nothing', async t => {
    owner.kill('SIGKILL')
    t.ok(await until(() => processesOf(directory).length === 0, END_MS), 'no process')
    t.equal(await askLab(directory), undefined, 'no answer')
    t.notOk(existsSync(`${directory}/lab.sock`), 'no socket')
  })
})

t.test('a lab that is stopped while it starts', { timeout: START_MS }, async t => {
  for (const stop of ['SIGTERM', 'end of standard input'] as const) {
    const lab = startLab(directory)
    await once(lab.stdout ?? lab, 'data')
    if (stop === 'SIGTERM') lab.kill(stop)
    else lab.stdin?.end()
    lab.stdout?.resume()
    await once(lab, 'close')
    t.equal(lab.exitCode, 0, stop)
    t.same(processesOf(directory), [], stop)
  }
})

t.test('a machine without user namespaces is told what to enable', async t => {
  const refuse = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
  const command = ['--user', '--map-root-user', 'sh', '-c', refuse, 'sh', process.execPath, MAIN, '--dir', directory]
  const lab = spawn('unshare', command, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [messages] = await Promise.all([hear(lab), once(lab, 'close')])
  t.match(messages, [{ type: 'failed', code: 'LAB_NO_NAMESPACES', next: /sysctl -w user\.max_user_namespaces=/ }])
  t.equal(lab.exitCode, 1)
})
