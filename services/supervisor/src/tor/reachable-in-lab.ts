import { BlockList, isIP } from 'node:net'

const LAB_ADDRESSES = new BlockList()
// The lab lives in the benchmark range (RFC 2544), DESIGN.md section 6.
LAB_ADDRESSES.addSubnet('198.18.0.0', 15, 'ipv4')

/** Report whether `host` is an address of the lab. Nothing else can be reached from inside it. */
export const isLabAddress = (host: string): boolean => isIP(host) === 4 && LAB_ADDRESSES.check(host, 'ipv4')
