/**
 * Schema: the shape of a value, as JSON Schema and as a type at once, and whether a value fits.
 *
 * Belongs here: what makes schemas and what holds values against them; all rooms and programs come here for both. Does
 * not belong here: any one schema, which stands with what it describes.
 */
export { fits, listMistakes, type Mistake } from './fit.ts'
export { type Static, type TSchema, Type } from './type.ts'
