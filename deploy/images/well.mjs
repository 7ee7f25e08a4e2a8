#!/usr/bin/env node
/**
 * `well PART`: ask a part over its socket whether it is well. Exit status 0 if it is; else 1, and one line that says why.
 *
 * What `cordon part NAME --check` and `cordon status` say, in a twentieth of the time: an engine asks each container
 * again and again. Plain JavaScript, and nothing but Node: it must not be what is slow on a machine that is.
 */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'

const PATIENCE_MS = 15_000
const runtime = process.env.CORDON_RUNTIME_DIR ?? '/run/cordon'

/** How each part is asked; all others have a health socket. */
const QUESTIONS = { tor: askTor, redis: askRedis, supervisor: askSupervisor }

const [part = ''] = process.argv.slice(2)
setTimeout(() => end('it does not answer'), PATIENCE_MS).unref()
try {
  end(await (QUESTIONS[part] ?? askHealth)())
} catch (cause) {
  end(cause.message)
}

/** End with what is wrong, or well without it. */
function end(trouble) {
  process.stdout.write(`${part}: ${trouble ?? 'ready'}\n`, () => process.exit(trouble === undefined ? 0 : 1))
}

/** Send `text` to the AF_UNIX socket at `path`, and give what comes until `isWhole` or its end. */
function converse(path, text, isWhole) {
  return new Promise((resolve, reject) => {
    let said = ''
    const socket = connect(join(runtime, path), () => socket.write(text))
    socket.setEncoding('utf8')
    socket.on('data', chunk => {
      said += chunk
      if (isWhole(said)) resolve(said)
    })
    socket.on('error', reject).on('close', () => resolve(said))
  })
}

/** The one line of a health socket (PART_MESSAGE in shared/src/contracts). */
async function askHealth() {
  const said = JSON.parse(await converse(`${part}/health.sock`, '', text => text.includes('\n')))
  return said.type === 'ready' ? undefined : (said.detail ?? said.message ?? said.type)
}

async function askRedis() {
  const said = await converse('redis/redis.sock', 'PING\r\n', text => text.includes('\r\n'))
  return said.startsWith('+PONG') ? undefined : said.trim()
}

/** By the cookie, which only tor's group can read (control-spec 3.24). */
async function askTor() {
  const cookie = readFileSync(join(runtime, 'tor/control.cookie')).toString('hex')
  const words = `AUTHENTICATE ${cookie}\r\nGETINFO status/circuit-established\r\nQUIT\r\n`
  const said = await converse('tor/control.sock', words, text => text.includes('250 closing connection'))
  return said.includes('status/circuit-established=1') ? undefined : 'tor has no circuit yet'
}

async function askSupervisor() {
  const status = await new Promise((resolve, reject) => {
    const options = { socketPath: join(runtime, 'supervisor/api.sock'), path: '/v1/status', agent: false }
    request(options, async answer => {
      let text = ''
      for await (const chunk of answer) text += chunk
      resolve(JSON.parse(text))
    })
      .on('error', reject)
      .end()
  })
  return status.state === 'ready' ? undefined : `cordon is ${status.state}`
}
