/**
 * Sites: what the lab's internet consists of. A site is one file and one line here.
 *
 * Belongs here: what a site answers. Does not belong here: listening, certificates, names, addresses on `lo`; those
 * follow from the table.
 */
import { BULK } from './bulk.ts'
import { CHECK } from './check.ts'
import { ECHO } from './echo.ts'
import { FILES } from './files.ts'
import { RESOLVER } from './resolver.ts'
import type { Site } from './site.ts'
import { TIME_SITES } from './time.ts'

export const SITES: readonly Site[] = [CHECK, BULK, ECHO, FILES, RESOLVER, ...TIME_SITES]

/** The site to which the onion service leads, on ports 80 and 443. */
export const ONION_SITE: Site = CHECK
