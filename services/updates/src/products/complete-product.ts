import type { ProductSettings, SourceKind } from '@cordon/shared/contracts'
import type { Product } from '../sources/index.ts'
import { CATALOGUE_OF_PRODUCTS } from './catalogue.ts'

/** A product of which everything is known that a check needs. */
export interface CompleteProduct extends Product {
  readonly settings: ProductSettings & { readonly kind: SourceKind }
  /** What the person said, without the catalogue. */
  readonly given: ProductSettings
  /** The file of its OpenPGP keys. */
  readonly keyring: string
}

/**
 * Fill in what the catalogue says and where its keys lie: by default `ID.gpg` in the directory of keys.
 *
 * Undefined for one that says no kind and is not in the catalogue.
 */
export function completeProduct(id: string, given: ProductSettings, keyDirectory: string): CompleteProduct | undefined {
  const known = given.kind === undefined ? CATALOGUE_OF_PRODUCTS[id] : undefined
  const settings = { ...known, ...given }
  const { kind } = settings
  if (kind === undefined) return undefined
  return { id, settings: { ...settings, kind }, given, keyring: settings.keyring ?? `${keyDirectory}/${id}.gpg` }
}

/**
 * List the addresses under which a product may be asked, in the order of trying: its onion service, its own, its
 * fallback. Kinds that know their address themselves have one without it.
 */
export function listAddresses({ settings }: Product): readonly (string | undefined)[] {
  const given = [settings.onion, settings.address, settings.fallback].filter(address => address !== undefined)
  return given.length === 0 ? [undefined] : given
}
