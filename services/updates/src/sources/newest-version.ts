import { refuse } from '../verify/index.ts'
import { isPrerelease, isVersion, ORDERS } from '../versions/index.ts'
import type { Product } from './source.ts'

/** Find the order in which the versions of a product stand. */
export const orderOf = ({ settings }: Product): (typeof ORDERS)[keyof typeof ORDERS] =>
  ORDERS[settings.order ?? (settings.kind === 'apt' ? 'debian' : 'dotted')]

/** Choose the newest of `versions` that belongs to the product's channel, or throw a Fault `UPD_WRONG_PRODUCT`. */
export function chooseNewest(product: Product, versions: readonly string[]): string {
  const order = orderOf(product)
  const isOurs = (version: string): boolean =>
    isVersion(version) && (product.settings.prereleases === true || !isPrerelease(version))
  const [newest] = versions.filter(isOurs).toSorted((a, b) => order(b, a))
  if (newest !== undefined) return newest
  throw refuse('UPD_WRONG_PRODUCT', 'the source names no version of this product and channel')
}
