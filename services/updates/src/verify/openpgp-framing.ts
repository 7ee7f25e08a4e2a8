import { refuse } from './fault.ts'

const BEGIN_TEXT = '-----BEGIN PGP SIGNED MESSAGE-----'
const BEGIN_SIGNATURE = '-----BEGIN PGP SIGNATURE-----'
const END_SIGNATURE = '-----END PGP SIGNATURE-----'

/**
 * Check that a clear-signed file (RFC 9580 section 7) is one message from its first byte to its last, or throw a Fault
 * `UPD_SIGNATURE_BAD`. What stands before, between or after would be shown as signed by careless readers
 * (CVE-2013-1051); here it is refused before anything is verified.
 */
export function checkClearSigned(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('latin1')
  if (text.includes('\0')) throw bad('it holds a NUL')
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  // Dashes at the beginning of a signed line are escaped, so each of these can only be a frame.
  const frames = lines.flatMap((line, at) => (line.startsWith('-----') ? [{ line: line.trimEnd(), at }] : []))
  const isFramed =
    frames.map(({ line }) => line).join() === [BEGIN_TEXT, BEGIN_SIGNATURE, END_SIGNATURE].join() &&
    frames[0]?.at === 0 &&
    frames[2]?.at === lines.length - 1
  if (!isFramed) throw bad('it is not one signed message and nothing besides')
  // RFC 9580 section 7: Hash alone. Others are signed by nobody, and NotDashEscaped would change what a frame is.
  const blank = lines.findIndex(line => line.trim() === '')
  const isPlain = lines.slice(1, blank).every(line => /^Hash: [A-Za-z0-9, ]+$/.test(line))
  if (!isPlain) throw bad('its head says more than the hash')
}

/**
 * Read a detached signature, armored or binary, and give its packets in binary; anything but signature packets (RFC
 * 9580 section 5.2) in it is a Fault `UPD_SIGNATURE_BAD`.
 */
export function readDetachedSignature(bytes: Uint8Array): Buffer {
  const packets = isArmored(bytes) ? dearmor(bytes, BEGIN_SIGNATURE, END_SIGNATURE) : Buffer.from(bytes)
  let at = 0
  while (at < packets.length) {
    const packet = measurePacket(packets, at)
    if (packet === undefined || packet.tag !== SIGNATURE_TAG) throw bad('it holds something that is no signature')
    at = packet.end
  }
  if (at === 0 || at !== packets.length) throw bad('it is cut short')
  return packets
}

/** Read a file of public keys, armored or binary; gpgv takes binary ones alone. */
export function readKeyring(bytes: Uint8Array): Buffer {
  if (!isArmored(bytes)) return Buffer.from(bytes)
  return dearmor(bytes, '-----BEGIN PGP PUBLIC KEY BLOCK-----', '-----END PGP PUBLIC KEY BLOCK-----')
}

const isArmored = (bytes: Uint8Array): boolean => bytes[0] === 0x2d // a dash; no packet begins so (bit 7 is set)

function dearmor(bytes: Uint8Array, begin: string, end: string): Buffer {
  const lines = Buffer.from(bytes).toString('latin1').replace(/\r/g, '').trimEnd().split('\n')
  if (lines[0]?.trimEnd() !== begin || lines.at(-1)?.trimEnd() !== end) throw bad('something stands around its armor')
  const blank = lines.findIndex(line => line.trim() === '')
  const body = lines.slice(blank + 1, -1).filter(line => !/^=[A-Za-z0-9+/]{4}$/.test(line.trim()))
  const text = body.map(line => line.trim()).join('')
  if (blank < 1 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw bad('its armor is broken')
  return Buffer.from(text, 'base64')
}

const SIGNATURE_TAG = 2

/** Measure the packet at `at` (RFC 9580 section 4.2): both header formats, no partial or indeterminate lengths. */
function measurePacket(bytes: Buffer, at: number): { tag: number; end: number } | undefined {
  const head = bytes[at] ?? 0
  if ((head & 0x80) === 0) return undefined
  const isNew = (head & 0x40) !== 0
  const tag = isNew ? head & 0x3f : (head >> 2) & 0x0f
  const length = isNew ? readNewLength(bytes, at + 1) : readOldLength(bytes, at + 1, head & 3)
  if (length === undefined) return undefined
  const end = length.from + length.bytes
  return end > bytes.length ? undefined : { tag, end }
}

type Length = { readonly from: number; readonly bytes: number } | undefined

function readNewLength(bytes: Buffer, at: number): Length {
  const first = bytes[at]
  const second = bytes[at + 1]
  if (first === undefined || (first >= 224 && first !== 255)) return undefined
  if (first < 192) return { from: at + 1, bytes: first }
  if (first === 255) return at + 5 > bytes.length ? undefined : { from: at + 5, bytes: bytes.readUInt32BE(at + 1) }
  return second === undefined ? undefined : { from: at + 2, bytes: ((first - 192) << 8) + second + 192 }
}

function readOldLength(bytes: Buffer, at: number, type: number): Length {
  const size = [1, 2, 4][type]
  if (size === undefined || at + size > bytes.length) return undefined
  return { from: at + size, bytes: bytes.readUIntBE(at, size) }
}

const bad = (why: string): Error => refuse('UPD_SIGNATURE_BAD', `the signature cannot be used: ${why}`)
