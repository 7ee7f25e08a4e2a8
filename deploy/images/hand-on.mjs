#!/usr/bin/env node
/**
 * `hand-on SOCKET PORT`: what comes to an AF_UNIX socket goes to that port of this network's loopback, and back. A program
 * that knows TCP alone is met by containers that have no network. Who may come is the socket's directory and mode 0660.
 */
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream'

const [path = '', port = ''] = process.argv.slice(2)
process.umask(0o117)
rmSync(path, { force: true }) // of a run that was killed; nobody else writes in that directory

createServer({ allowHalfOpen: true }, near => {
  const far = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true })
  pipeline(near, far, near, () => {
    near.destroy()
    far.destroy()
  })
}).listen(path)

process.on('SIGTERM', () => process.exit(0))
