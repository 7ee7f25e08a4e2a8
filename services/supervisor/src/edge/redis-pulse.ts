import { connect, type Socket } from 'node:net'

/**
 * Asks the embedded Redis whether it lives, over one connection that is kept: a new one for each question would cost
 * both sides more than the question. One question at a time.
 */
export class RedisPulse {
  readonly #socketPath: string
  #connection: Socket | undefined

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  /** Settles with its answer, stays open while it is silent, rejects when the connection ends. */
  ask(): Promise<void> {
    this.#connection ??= this.#open()
    const connection = this.#connection
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        connection.off('data', settle).off('close', lost)
        resolve()
      }
      const lost = (): void => {
        connection.off('data', settle)
        reject(new Error('the connection to redis ended'))
      }
      // Any answer will do: also one that says that it is loading or full is given by one who lives.
      connection.once('data', settle).once('close', lost)
      connection.write('PING\r\n')
    })
  }

  close(): void {
    this.#connection?.destroy()
  }

  #open(): Socket {
    const connection = connect({ path: this.#socketPath })
    connection.on('error', () => {}) // its close says so
    connection.once('close', () => {
      this.#connection = undefined
    })
    return connection
  }
}
