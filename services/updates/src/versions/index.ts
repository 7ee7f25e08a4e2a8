/**
 * Versions: which of two is newer, and where in a text one stands.
 *
 * Belongs here: orders of versions, templates. Does not belong here: where versions come from.
 */
export { isPrerelease, isVersion, ORDERS, VERSION_PATTERN, type VersionOrder } from './version-order.ts'
export { fillTemplate, findVersions, readTemplate } from './version-template.ts'
