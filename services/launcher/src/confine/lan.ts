import { isVirtual } from '@cordon/shared/names'
import { parseDottedQuad } from '@cordon/shared/socks'
import { LAN_NETWORKS } from './inner-network.ts'

/** Report whether an IPv4 address is one of a local network. Virtual addresses stand for names, and are none. */
export function isInLan(address: string): boolean {
  return !isVirtual(address) && LAN_NETWORKS.some(network => isIn(network, address))
}

function isIn(network: string, address: string): boolean {
  const [base = '', bits = '32'] = network.split('/')
  const shift = 32 - Number(bits)
  const [one, other] = [toNumber(base), toNumber(address)]
  return one !== undefined && other !== undefined && Math.floor(one / 2 ** shift) === Math.floor(other / 2 ** shift)
}

const toNumber = (address: string): number | undefined =>
  parseDottedQuad(address)?.reduce((number, octet) => number * 256 + octet, 0)
