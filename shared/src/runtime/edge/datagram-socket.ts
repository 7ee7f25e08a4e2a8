import { createSocket, type Socket } from 'node:dgram'
import { encodeIpv4Name, type Ipv4Peer } from './datagram-batch.ts'
import { bindInternet, closeDescriptor, openDatagrams, reuseNothing } from './system-calls.ts'

/** A UDP socket whose descriptor is known, so that many datagrams can be taken and sent by one call. */
export interface DatagramSocket {
  readonly socket: Socket
  readonly descriptor: number
}

/** Addresses are what we are given; the default would look them up, in another turn of the event loop. */
const sameAddress = (
  address: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => callback(null, address, 4)

/**
 * Open a UDP socket at `own`, which nobody else can open meanwhile; rejects with the system's error.
 *
 * Node takes a descriptor and lets others reuse its address (uv_udp_open). So the socket is given to Node first, that is
 * taken back, and only then has it an address that somebody could take a share of.
 */
export async function openDatagramSocket(own: Ipv4Peer): Promise<DatagramSocket> {
  const descriptor = openDatagrams()
  const socket = createSocket({ type: 'udp4', lookup: sameAddress })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ fd: descriptor }, () => {
        socket.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    closeDescriptor(descriptor)
    throw cause
  }
  try {
    reuseNothing(descriptor)
    bindInternet(descriptor, encodeIpv4Name(own))
  } catch (cause) {
    socket.close()
    throw cause
  }
  return { socket, descriptor }
}
