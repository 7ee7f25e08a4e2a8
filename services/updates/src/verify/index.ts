/**
 * Verify: from what came to what may be believed, without asking anybody.
 *
 * Belongs here: frames of signatures, signatures that are arithmetic, indexes, documents, dates. Does not belong here:
 * fetching, running gpgv, which product is meant.
 */
export { type AppRelease, ReleaseScanner } from './appstream.ts'
export { type Paragraph, ParagraphReader } from './deb822.ts'
export { refuse } from './fault.ts'
export { type FeedEntry, parseFeed } from './feed.ts'
export { judgeGpgv, type OpenPgpSigners } from './gpgv-status.ts'
export { lookUp, lookUpText, parseJson } from './json-document.ts'
export { type MinisignSigned, verifyMinisign } from './minisign.ts'
export { type SignedPackage, verifyNpm } from './npm-signature.ts'
export { checkClearSigned, readDetachedSignature, readKeyring } from './openpgp-framing.ts'
export { judgeRedirect } from './redirect.ts'
export { type IndexEntry, parseRelease, type Release } from './release.ts'
export { findSha256 } from './sha256-list.ts'
export { explainTufError, readTrustedRoles, type TrustedRoles } from './tuf-metadata.ts'
