import type { BrokenLaw } from './configuration-laws.ts'
import type { ProductSettings, SourceKind } from './product-settings.ts'

type Field = keyof ProductSettings

/** What every product takes, also one of the catalogue. */
const ALWAYS: readonly Field[] = ['unsigned', 'prereleases', 'silenceDays', 'installed', 'order', 'fallback', 'onion']
const OPENPGP: readonly Field[] = ['keys', 'keyring', 'signature', 'clearSigned']

/** Which fields a kind must have and which it may have besides. */
const FIELDS: Readonly<Record<SourceKind, { readonly must: readonly Field[]; readonly may: readonly Field[] }>> = {
  apt: { must: ['address', 'suite', 'keys'], may: ['keyring', 'component', 'architecture', 'package'] },
  flatpak: { must: ['address', 'package'], may: [] },
  forge: { must: ['address'], may: ['template'] },
  github: { must: ['package'], may: ['template'] },
  json: { must: ['address', 'path'], may: [...OPENPGP, 'key', 'sha256', 'template', 'download'] },
  minisign: { must: ['address', 'key', 'template'], may: ['signature', 'newest', 'download'] },
  npm: { must: ['package'], may: ['address', 'key'] },
  openpgp: { must: ['address', 'keys', 'template'], may: [...OPENPGP, 'newest', 'download'] },
  pypi: { must: ['package'], may: ['address'] },
  tuf: { must: ['address', 'root', 'target'], may: ['targets', 'path', 'template'] },
}

/** What replaces fields of an entry of the catalogue. */
const REPLACEABLE: readonly Field[] = [...ALWAYS, 'keyring', 'suite', 'component', 'architecture', 'package']

/** Find what is well-formed in a product's settings and still cannot be meant. */
export function findInProduct(path: readonly string[], settings: ProductSettings): BrokenLaw[] {
  const broken: BrokenLaw[] = []
  const say = (field: Field, allowed: string): void => void broken.push({ path: [...path, field], allowed })
  const { kind, installed } = settings
  const may = kind === undefined ? REPLACEABLE : [...ALWAYS, ...FIELDS[kind].must, ...FIELDS[kind].may]
  const of = kind === undefined ? 'a product of the catalogue (one without kind)' : `kind ${kind}`
  for (const field of Object.keys(settings) as Field[]) {
    if (field !== 'kind' && !may.includes(field)) say(field, `nothing: ${of} has no such key`)
  }
  for (const field of kind === undefined ? [] : FIELDS[kind].must) {
    if (settings[field] === undefined) say(field, `a value: kind ${kind} cannot do without it`)
  }
  if (installed !== undefined && countPlaces(installed) !== 1) {
    say('installed', 'exactly one of dpkg, flatpak, command, file')
  }
  if (kind !== undefined && !isSigned(settings) && settings.unsigned !== true) {
    for (const field of ['address', 'onion', 'fallback'] as const) {
      if (isClear(settings[field])) say(field, 'https://, since nobody signs what comes (or unsigned: true)')
    }
  }
  if ([settings.keys, settings.key, settings.sha256].filter(one => one !== undefined).length > 1) {
    say(settings.sha256 === undefined ? 'key' : 'sha256', 'one of keys, key and sha256: there is one who vouches')
  }
  if (settings.newest !== undefined && isClear(settings.newest.address) && settings.unsigned !== true) {
    say('newest', 'https://, since nobody signs what comes from there (or unsigned: true)')
  }
  for (const [field, allowed] of kind === undefined ? [] : findUnmeant(kind, settings)) say(field, allowed)
  return broken
}

/** Find what no check of this kind could ever work with. */
function* findUnmeant(kind: SourceKind, settings: ProductSettings): Generator<readonly [Field, string]> {
  const { newest, clearSigned, keys, key, download } = settings
  for (const field of ['address', 'onion', 'fallback', 'signature'] as const) {
    if (newest === undefined && settings[field]?.includes('{version}') === true) {
      yield [field, 'an address without {version}, or newest, which says where the newest version is named']
    }
  }
  if (kind === 'github' && settings.package?.split('/').length !== 2) yield ['package', 'ORG/NAME']
  if (kind !== 'npm' && key !== undefined && !MINISIGN_KEY.test(key)) {
    yield ['key', 'a public key of minisign: 56 characters that begin with RW']
  }
  if (clearSigned === true && settings.signature !== undefined) {
    yield ['signature', 'nothing: with clearSigned the signature is in the document']
  }
  if (download?.signature !== undefined && keys === undefined) {
    yield ['download', 'no signature: one of a download is by OpenPGP, and the product names no keys']
  }
  if (download?.hashPath !== undefined && kind !== 'json') {
    yield ['download', `no hashPath: kind ${kind} finds the hash in the text, by the name of the file`]
  }
  if (
    kind === 'json' &&
    download !== undefined &&
    download.hashPath === undefined &&
    download.signature === undefined
  ) {
    yield ['download', 'hashPath or signature: else nothing could be verified']
  }
}

/** 42 bytes that begin with "Ed" (minisign, "Public key format"). */
const MINISIGN_KEY = /^RW[A-Za-z0-9+/]{54}$/

/** Report whether what this source says is verified by a key or a hash that the settings name. */
export function isSigned({ kind, keys, key, sha256 }: ProductSettings): boolean {
  if (kind === 'apt' || kind === 'openpgp' || kind === 'minisign' || kind === 'tuf') return true
  if (kind === 'json' && sha256 !== undefined) return true
  return (kind === 'json' || kind === 'npm') && (keys ?? key) !== undefined
}

const countPlaces = ({ dpkg, flatpak, command, file }: NonNullable<ProductSettings['installed']>): number =>
  [dpkg, flatpak, command, file].filter(place => place !== undefined).length

/** Clear HTTP outside onion services: the exit can answer in the site's place. */
function isClear(address: string | undefined): boolean {
  if (address?.startsWith('http://') !== true) return false
  return !/^http:\/\/[^/:]+\.onion(?=[:/]|$)/.test(address)
}
