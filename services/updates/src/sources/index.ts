/**
 * Sources: how each kind of source is asked for the newest version and what makes its answer believed.
 *
 * Belongs here: one module a kind, all of one interface, which reach the world through the tools that they are given.
 * Does not belong here: when to ask, under which identity, what was seen before, and which version is installed.
 */
import type { SourceKind } from '@cordon/shared/contracts'
import { findInApt } from './apt.ts'
import { findOnForge, findOnGithub } from './feed.ts'
import { findInAppStream } from './flatpak.ts'
import { findInJson } from './json.ts'
import { findInMinisign, findInOpenPgp } from './openpgp.ts'
import { findOnNpm, findOnPypi } from './registries.ts'
import type { Source } from './source.ts'
import { findInTuf } from './tuf.ts'

export { orderOf } from './newest-version.ts'
export type {
  DownloadPlan,
  Finding,
  Product,
  Scanned,
  ScanOptions,
  Source,
  SourceTools,
  TufTarget,
  VerifiedDocument,
} from './source.ts'

/** Every kind of source. */
export const SOURCES: Readonly<Record<SourceKind, Source>> = {
  apt: findInApt,
  flatpak: findInAppStream,
  forge: findOnForge,
  github: findOnGithub,
  json: findInJson,
  minisign: findInMinisign,
  npm: findOnNpm,
  openpgp: findInOpenPgp,
  pypi: findOnPypi,
  tuf: findInTuf,
}
