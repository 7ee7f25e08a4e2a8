/** First byte of a SOCKS5 greeting, request and reply (RFC 1928). */
export const SOCKS5 = 5

/** First byte of a SOCKS4 or SOCKS4a request (Lee, "SOCKS: a protocol for TCP proxy across firewalls"). */
export const SOCKS4 = 4
