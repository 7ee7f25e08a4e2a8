import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { hear, MAIN } from './running-lab.ts'

/** A network of its own that looks as if it led somewhere. */
const LEADS_SOMEWHERE = [
  'ip link add out0 type veth peer name out1',
  'ip addr add 203.0.113.1/24 dev out0',
  'ip link set out0 up && ip link set out1 up',
  'exec "$@"',
].join(' && ')

t.test('a lab is not made in a network that leads somewhere', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'cordon-here-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const command = [process.execPath, MAIN, '--here', '--detached', '--dir', directory]
  const child = spawn('unshare', ['--map-root-user', '--net', '--', 'sh', '-c', LEADS_SOMEWHERE, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.match(await hear(child), [{ type: 'failed', code: 'LAB_NO_NAMESPACES', message: /this network has out0, out1$/ }])
})
