import type { Socket } from 'node:net'

/** 256 KiB a write; the content is of no interest. */
const BLOCK = Buffer.alloc(262_144, 'cordon')

/**
 * Serve one connection of the loopback site, which does what the first line says.
 *
 * `send N` sends N bytes and ends; `take N` reads N bytes, answers one and ends (it does not wait for the client's end:
 * microsocks takes a half-close for the end of everything); `hold` answers one byte and stays.
 */
export function serveSite(socket: Socket, first: Buffer): void {
  let line = ''
  const read = (chunk: Buffer): void => {
    line += chunk.toString('latin1')
    const end = line.indexOf('\n')
    if (end < 0) return
    socket.off('data', read)
    obey(socket, line.slice(0, end), line.length - end - 1)
  }
  socket.on('error', () => socket.destroy())
  socket.on('data', read)
  if (first.length > 0) read(first)
}

/** `readAhead` is how many bytes came with the line. */
function obey(socket: Socket, line: string, readAhead: number): void {
  const [verb, text] = line.split(' ')
  const amount = Number(text)
  let taken = readAhead
  const count = (): void => {
    if (verb === 'take' && taken >= amount) socket.end('.')
  }
  socket.on('data', chunk => {
    taken += chunk.length
    count()
  })
  socket.on('end', () => socket.end())
  if (verb === 'send') send(socket, amount)
  if (verb === 'hold') socket.write('.')
  count()
}

function send(socket: Socket, amount: number): void {
  if (amount <= BLOCK.length) {
    socket.end(BLOCK.subarray(0, amount))
    return
  }
  socket.write(BLOCK, error => {
    if (!error) send(socket, amount - BLOCK.length)
  })
}
