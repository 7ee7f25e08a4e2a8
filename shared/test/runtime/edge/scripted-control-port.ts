import { createServer, type Socket } from 'node:net'

/** What a tor says of itself that takes a password. */
export const PROTOCOL_INFO =
  '250-PROTOCOLINFO 1\r\n250-AUTH METHODS=HASHEDPASSWORD\r\n250-VERSION Tor="0.4.9.11"\r\n250 OK\r\n'

/** A control port that takes any password, and for the rest answers as it is told: one write for what comes in one read. */
export interface ScriptedControlPort {
  /** Say something unasked to everybody who is connected. */
  say(lines: string): void
  /** How many are connected. */
  readonly connections: number
  close(): void
}

/** Listen at `path`; `answerTo` gives the lines for a command, events before or after the answer included. */
export async function openScriptedControlPort(
  path: string,
  answerTo: (command: string) => string,
): Promise<ScriptedControlPort> {
  const open = new Set<Socket>()
  const reply = (command: string): string => {
    if (command.startsWith('PROTOCOLINFO')) return PROTOCOL_INFO
    return command.startsWith('AUTHENTICATE') ? '250 OK\r\n' : answerTo(command)
  }
  const server = createServer(socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => {}) // the client may hang up first
    socket.on('data', chunk => {
      const commands = chunk.toString().split('\r\n').slice(0, -1)
      socket.write(commands.map(reply).join(''))
    })
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  return {
    get connections() {
      return open.size
    },
    say: lines => {
      for (const socket of open) socket.write(lines)
    },
    close: () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}
