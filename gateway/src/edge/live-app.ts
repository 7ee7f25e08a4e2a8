import type { Socket } from 'node:net'
import type { DeclaredApp } from '../apps/index.ts'
import { VirtualNames } from '../names/index.ts'
import { type AppPolicy, compilePolicy } from '../policy/index.ts'
import type { AppIdentity } from '../streams/index.ts'
import type { Session } from './session.ts'

/** One app as it lives: who it is, what it may, and the streams it has open. */
export class LiveApp {
  readonly identity: AppIdentity
  readonly sessions = new Set<Session>()
  readonly virtualNames = new VirtualNames()
  /** Connections that have not yet said what they want. */
  readonly handshakes = new Set<Socket>()
  #declared: DeclaredApp
  #policy: AppPolicy
  #closedRead = 0
  #closedWritten = 0

  constructor(declared: DeclaredApp, identity: AppIdentity) {
    this.identity = identity
    this.#declared = declared
    this.#policy = compilePolicy(declared.settings)
  }

  get declared(): DeclaredApp {
    return this.#declared
  }

  get policy(): AppPolicy {
    return this.#policy
  }

  /** Take new rules for later streams. Open ones stay as they are. */
  update(declared: DeclaredApp): void {
    this.#declared = declared
    this.#policy = compilePolicy(declared.settings)
  }

  /** Count the bytes of a session that has ended. */
  tally({ bytesRead, bytesWritten }: { readonly bytesRead: number; readonly bytesWritten: number }): void {
    this.#closedRead += bytesRead
    this.#closedWritten += bytesWritten
  }

  /** Bytes that the app received (read) and sent (written) through tor, handshakes left out. */
  get bytes(): { readonly read: number; readonly written: number } {
    let read = this.#closedRead
    let written = this.#closedWritten
    for (const session of this.sessions) {
      read += session.bytesRead
      written += session.bytesWritten
    }
    return { read, written }
  }

  /** End every stream of the app, open or still asked for; return how many there were. */
  closeSessions(): number {
    const open = [...this.sessions]
    for (const session of open) session.close()
    for (const socket of this.handshakes) socket.destroy()
    return open.length
  }
}
