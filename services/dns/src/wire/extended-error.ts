/** Why an answer is as it is (RFC 8914): a code of its registry, and words without the name that was asked for. */
export interface ExtendedError {
  readonly code: number
  readonly text: string
}

/** The codes that are used here (IANA, "Extended DNS Error Codes"). */
export const EXTENDED_ERRORS = {
  other: 0,
  blocked: 15,
  prohibited: 18,
  notSupported: 21,
  noReachableAuthority: 22,
  networkError: 23,
} as const
