/** Types that something here depends on, by number (IANA, "Resource Record (RR) TYPEs"). */
export const TYPE = {
  A: 1,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  AAAA: 28,
  OPT: 41,
  SVCB: 64,
  HTTPS: 65,
} as const

/**
 * Types that a configured resolver may be asked for: whose data we can read, so that a name in it is never passed on
 * compressed (RFC 3597 section 4), or cannot hold a compressed name at all. What proves signatures is not among them:
 * we do not validate, and would have others believe that we carry what they need to.
 */
const CARRIED: ReadonlySet<number> = new Set([
  2, // NS
  TYPE.CNAME,
  TYPE.SOA,
  TYPE.PTR,
  15, // MX
  16, // TXT
  33, // SRV
  35, // NAPTR
  39, // DNAME
  43, // DS
  44, // SSHFP
  48, // DNSKEY
  52, // TLSA
  61, // OPENPGPKEY
  TYPE.SVCB,
  TYPE.HTTPS,
  256, // URI
  257, // CAA
])

/** Report whether a configured resolver may be asked for that type. */
export const isCarried = (type: number): boolean => CARRIED.has(type)

/** Report whether the number asks for no data of its own: 0, OPT, transfers, ANY and others (RFC 6895 section 3.1). */
export const isMeta = (type: number): boolean => type === 0 || type === TYPE.OPT || (type >= 128 && type <= 255)
