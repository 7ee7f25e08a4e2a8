#!/usr/bin/env node
// Plain JavaScript that any Node runs: it finds one that can run the sources (24.15 or newer) and becomes it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { keepCompiled } from './compile-cache.js'

const main = new URL('../src/main.ts', import.meta.url).href
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 24 || (major === 24 && minor >= 15)) {
  keepCompiled()
  await import(main)
} else {
  const name = `node-linux-${process.arch}/bin/node`
  const places = ['../../../node_modules/', '../node_modules/', '../../../'].map(place =>
    fileURLToPath(new URL(place + name, import.meta.url)),
  )
  const node = places.find(place => existsSync(place))
  if (node === undefined) {
    process.stderr.write(
      'cordon: this needs Node 24.15 or newer, and the packaged one is missing\n  next: Run npm ci.\n',
    )
    process.exit(1)
  }
  // Killed without warning, we cannot pass it on: the kernel does (PR_SET_PDEATHSIG), as an orderly request to end.
  const setpriv = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'TERM', '--'] : []
  const [program, ...args] = [...setpriv, node, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const child = spawn(program, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal))
  child.on('error', cause => {
    process.stderr.write(`cordon: the packaged Node does not start: ${cause.message}\n  next: Run npm ci.\n`)
    process.exit(1)
  })
  child.on('exit', (status, signal) => {
    if (signal === null) process.exit(status ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
