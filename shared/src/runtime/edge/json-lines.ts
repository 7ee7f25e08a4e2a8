import type { Socket } from 'node:net'

/** Write one value as a line. */
export const writeJsonLine = (socket: Socket, value: unknown): boolean => socket.write(`${JSON.stringify(value)}\n`)

/**
 * Call `onValue` for each line of JSON that comes. A line longer than `maxBytes`, or one that is no JSON, ends the
 * connection: who sent it is not who it should be.
 */
export function readJsonLines(socket: Socket, maxBytes: number, onValue: (value: unknown) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxBytes || lines.some(line => line.length > maxBytes)) {
      socket.destroy()
      return
    }
    for (const line of lines) {
      if (socket.destroyed) return
      const parsed = parse(line)
      if (parsed === undefined) socket.destroy()
      else onValue(parsed.value)
    }
  })
}

function parse(line: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) }
  } catch {
    return undefined // the caller ends the connection
  }
}
