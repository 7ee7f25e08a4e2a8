/**
 * Products: the catalogue, and what a product is when the catalogue and a person have both had their say.
 *
 * Belongs here: data and its merging. Does not belong here: how a source is asked.
 */
export { CATALOGUE_OF_PRODUCTS } from './catalogue.ts'
export { type CompleteProduct, completeProduct, listAddresses } from './complete-product.ts'
