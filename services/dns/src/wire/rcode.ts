/** Response codes (RFC 1035 section 4.1.1, RFC 6891 section 9). */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const
export type Rcode = (typeof RCODE)[keyof typeof RCODE]
