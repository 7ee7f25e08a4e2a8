import type { ProductSettings } from '@cordon/shared/contracts'

/** What a source says of the newest version, verified as far as its kind can be. */
export interface Finding {
  readonly version: string
  /** The keys that signed it; none for sources that nobody signs. */
  readonly signedBy: readonly string[]
  /** The date that the signature vouches for. It never goes back (rollback), nor lies too far behind (freeze). */
  readonly signedAtMs: number | null
  readonly publishedAtMs: number | null
  /** Until when the source promises to say something newer. */
  readonly validUntilMs: number | null
  /**
   * The keys that the source's own chain of trust rests on now, if it has one. When the chain itself replaces them, what
   * the old ones have said binds nobody any more (fast-forward recovery, TUF 5.3.11).
   */
  readonly authority: string | null
  /** How to get it; null where nothing could verify what came. */
  readonly download: DownloadPlan | null
}

/** A file that can be verified when it is here: by its hash, by a signature, or both. */
export interface DownloadPlan {
  readonly address: string
  /** For the last try. */
  readonly fallback: string | null
  readonly bytes: number | null
  readonly sha256: string | null
  readonly signature: string | null
}

/** One product as a source needs to know it. */
export interface Product {
  readonly id: string
  /** Complete: with its kind, and the address that is asked this time. */
  readonly settings: Readonly<ProductSettings>
}

/** What gpgv said of a document that it holds for good. */
export interface VerifiedDocument {
  /** What was signed, and nothing besides. */
  readonly content: Uint8Array
  readonly signedBy: readonly string[]
  readonly signedAtMs: number
}

/** Sizes and hashes of what was scanned. */
export interface Scanned {
  readonly bytes: number
  readonly sha256: string
  readonly unpackedBytes: number
  readonly unpackedSha256: string
}

export interface ScanOptions {
  readonly maxBytes: number
  readonly maxUnpackedBytes: number
  /** Whether what comes is gzip (RFC 1952). The name of an address does not always say. */
  readonly isPacked: boolean
}

/** A target of a TUF repository, verified by its whole chain. */
export interface TufTarget {
  readonly bytes: number
  readonly sha256: string | null
  readonly custom: Readonly<Record<string, unknown>>
  readonly expiresAtMs: number
  readonly signedBy: readonly string[]
  /** The keys of all roles in the trusted root. */
  readonly authority: string
  /** The target itself, where it was asked for. */
  readonly content: Uint8Array | null
  readonly address: string
}

/**
 * What a source may do: every port to the world, under one identity. All of them throw Faults.
 *
 * The edge implements it over Tor, a test in memory.
 */
export interface SourceTools {
  /** The trusted wall clock when the check began. It does not move during a check (TUF 5.1). */
  readonly nowMs: number
  /** Take a whole document of at most `maxBytes`. */
  fetch(address: string, maxBytes: number): Promise<Uint8Array>
  /** Let a document pass by in chunks, unpacked, in memory that does not grow with it. */
  scan(address: string, options: ScanOptions, take: (chunk: Uint8Array) => void): Promise<Scanned>
  /** Verify a clear-signed document, or one with a detached signature, by the keys of the product. */
  verifyOpenPgp(document: Uint8Array, signature?: Uint8Array): Promise<VerifiedDocument>
  /** Follow the TUF client workflow; `wanted` also takes the target itself. */
  findTufTarget(wanted: { readonly content: boolean }): Promise<TufTarget>
}

/** One way to find the newest version of a product, or throw a Fault that says why it is unknown. */
export type Source = (product: Product, tools: SourceTools) => Promise<Finding>
