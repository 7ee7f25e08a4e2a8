import type { NameRefusal } from '@cordon/shared/names'

/** Why a request goes no further. Each has one SOCKS reply; none of them reaches tor. */
export type Refusal =
  | NameRefusal
  | 'address-not-allowed'
  | 'ipv6-refused'
  | 'onion-only'
  | 'host-denied'
  | 'port-denied'
