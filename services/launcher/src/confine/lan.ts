import { BlockList, isIPv4 } from 'node:net'
import { LAN_NETWORKS, VIRTUAL_NETWORK } from './inner-network.ts'

const LAN = listNetworks(LAN_NETWORKS)
const VIRTUAL = listNetworks([VIRTUAL_NETWORK])

/** Report whether an address is an IPv4 one of a local network. Virtual addresses stand for names, and are none. */
export const isInLan = (address: string): boolean => isIPv4(address) && LAN.check(address) && !VIRTUAL.check(address)

function listNetworks(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [base = '', bits] = network.split('/')
    list.addSubnet(base, Number(bits))
  }
  return list
}
