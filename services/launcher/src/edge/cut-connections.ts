import type { SocketEntry } from '@cordon/shared/runtime'
import { destroySocket, listSocketsOutward } from '@cordon/shared/runtime/edge/open-sockets'

/**
 * Close what reaches beyond this machine and is not tor's, at once: the rules alone would cut each connection only when
 * it sends its next packet. Called after the rules are in force, so nothing new takes the place, and nothing of the
 * closing leaves.
 *
 * Return how many were closed, or undefined where this kernel cannot (CONFIG_INET_DIAG_DESTROY).
 */
export function cutConnections(torUid: number): number | undefined {
  const clear = listSocketsOutward()?.filter(entry => entry.uid !== torUid && !holdsLink(entry))
  if (clear === undefined) return undefined
  const closed = clear.filter(destroySocket).length
  return closed === clear.length ? closed : undefined
}

/** DHCP of root, which the rules let pass: a link without it is lost. */
const holdsLink = ({ protocol, uid, near }: SocketEntry): boolean =>
  protocol === 'udp' && uid === 0 && DHCP_PORTS.includes(near.port)

const DHCP_PORTS = [68, 546]
