import type { Socket } from 'node:net'
import type { Site } from './site.ts'

/** Send back what comes, at the caller's pace, and close when the caller has closed (RFC 862). */
const echo = (socket: Socket): void => {
  socket.pipe(socket)
}

/** A raw TCP service: every byte comes back, half-close included. */
export const ECHO: Site = {
  name: 'echo.example',
  address: '198.18.80.3',
  services: [{ type: 'tcp', port: 7, handle: echo }],
}
