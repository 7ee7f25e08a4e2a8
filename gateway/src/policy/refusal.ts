/** Why a request goes no further. Each has one SOCKS reply; none of them reaches tor. */
export type Refusal =
  | 'malformed-name'
  | 'this-machine'
  | 'private-network'
  | 'local-name'
  | 'i2p'
  | 'reserved-name'
  | 'address-not-allowed'
  | 'ipv6-refused'
  | 'onion-only'
  | 'host-denied'
  | 'port-denied'
