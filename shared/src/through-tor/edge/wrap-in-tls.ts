import type { Duplex } from 'node:stream'
import { connect, rootCertificates, type TLSSocket } from 'node:tls'
import { Fault } from '../../errors/index.ts'
import { startDeadline } from '../../runtime/edge/index.ts'
import { formatTarget, type Target } from '../../socks/index.ts'

/** Whom to believe. */
export interface TlsTrust {
  /** Certificates (PEM) believed besides the well-known authorities: the lab's, in the lab. */
  readonly authorities?: readonly string[] | undefined
  /**
   * Judges the peer in place of TLS's own verdict (`authorizationError`), which needs the right time; it throws or
   * rejects to refuse. For those who ask in order to learn the time. The deadline holds for it too.
   */
  readonly judge?: ((socket: TLSSocket) => void | Promise<void>) | undefined
}

export interface TlsOptions extends TlsTrust {
  readonly target: Target
  /** What is spoken inside (ALPN, RFC 7301); HTTP/1.1 where nothing is said. */
  readonly protocol?: string
  readonly deadlineMs: number
}

/**
 * Wrap a stream in TLS for `target`, or throw a Fault `VIA_TLS_FAILED` or `VIA_TOO_LATE`.
 *
 * Every handshake is a full one: a resumed session would link two identities. The well-known authorities are those that
 * Node carries, the same on every machine, and not the machine's own list.
 */
export async function wrapInTls(stream: Duplex, options: TlsOptions): Promise<TLSSocket> {
  const { target, authorities = [], judge, deadlineMs, protocol = 'http/1.1' } = options
  const socket = connect({
    socket: stream,
    host: formatTarget(target),
    ...(target.type === 'name' ? { servername: target.name } : {}),
    ALPNProtocols: [protocol],
    minVersion: 'TLSv1.2',
    ca: [...rootCertificates, ...authorities],
    rejectUnauthorized: judge === undefined,
  })
  return await new Promise((resolve, reject) => {
    const fail = (fault: Fault): void => {
      settle()
      socket.on('error', () => {}) // it is given up; how it ends does not matter
      socket.destroy()
      stream.destroy()
      reject(fault)
    }
    const callOff = startDeadline(deadlineMs, () => {
      fail(new Fault('VIA_TOO_LATE', 'no TLS within the time allowed', { where: 'remote', retry: 'after-waiting' }))
    })
    const broke = (cause: Error): void => fail(tlsFault(cause))
    const closed = (): void => fail(tlsFault(new Error('the peer closed during the handshake')))
    let isOver = false
    const judged = async (): Promise<void> => {
      try {
        await judge?.(socket)
      } catch (cause) {
        fail(tlsFault(cause))
        return
      }
      if (isOver) return // it took longer than allowed, or the peer left meanwhile
      settle()
      resolve(socket)
    }
    const secured = (): void => void judged()
    const settle = (): void => {
      isOver = true
      callOff()
      socket.off('error', broke).off('close', closed).off('secureConnect', secured)
    }
    socket.on('error', broke).on('close', closed).on('secureConnect', secured)
  })
}

/** TLS's own code says why without naming the peer; its message may name it, so that stays the cause. */
function tlsFault(cause: unknown): Fault {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'handshake failed'
  return new Fault('VIA_TLS_FAILED', `the peer could not be verified: ${code}`, {
    where: 'remote',
    retry: 'after-waiting',
    cause,
  })
}
