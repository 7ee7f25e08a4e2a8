import { connect } from 'node:net'

/** Report whether something listens on a TCP port of 127.0.0.1. */
export async function connects(port: number): Promise<boolean> {
  return await new Promise(resolve => {
    const probe = connect(port, '127.0.0.1')
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}
