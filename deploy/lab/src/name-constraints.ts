// DER tags (X.690 section 8, RFC 5280 section 4.2.1.10).
const SEQUENCE = 0x30
const PERMITTED_SUBTREES = 0xa0
const DNS_NAME = 0x82

/** Encode the NameConstraints extension that permits DNS names at and below `names`, and no others. */
export const encodeNameConstraints = (names: readonly string[]): Buffer =>
  element(
    SEQUENCE,
    element(PERMITTED_SUBTREES, ...names.map(name => element(SEQUENCE, element(DNS_NAME, Buffer.from(name, 'ascii'))))),
  )

function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length > 127) throw new RangeError('only the short form of DER lengths is needed here')
  return Buffer.concat([Uint8Array.of(tag, body.length), body])
}
