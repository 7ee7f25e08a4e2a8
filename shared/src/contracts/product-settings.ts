import { type Static, Type } from '../schema/index.ts'

const closed = { additionalProperties: false } as const

/** How a product is asked about. Each is a module of services/updates/src/sources. */
export const SOURCE_KINDS = [
  'apt',
  'flatpak',
  'forge',
  'github',
  'json',
  'minisign',
  'npm',
  'openpgp',
  'pypi',
  'tuf',
] as const
export type SourceKind = (typeof SOURCE_KINDS)[number]

/** The legal spelling of a product's name. */
export const PRODUCT_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,63}$'

const WEB_ADDRESS = Type.String({
  pattern: '^https?://[^\\s/]+[^\\s]*$',
  maxLength: 2048,
  description: 'https://HOST/PATH, or http:// for an onion service or a signed source',
})

const FILE = Type.String({
  pattern: '^~?/[^\\u0000-\\u001f]*$',
  maxLength: 4096,
  description: 'an absolute path, or one that begins with ~/',
})

const WORD = Type.String({
  pattern: '^[A-Za-z0-9@][A-Za-z0-9@/._+~-]*$',
  maxLength: 255,
  description: 'a name of letters, digits and @/._+~-',
})

const TEMPLATE = Type.String({
  pattern: '^[^\\u0000-\\u001f]*\\{version\\}[^\\u0000-\\u001f]*$',
  maxLength: 255,
  description: 'a text with {version} where the version stands',
})

const JSON_POINTER = Type.String({
  pattern: '^(/[^\\u0000-\\u001f]*)*$',
  maxLength: 255,
  description: 'a JSON pointer, such as /version',
})

const FINGERPRINT = Type.String({ pattern: '^[0-9A-F]{40}$', description: '40 hexadecimal digits in upper case' })

/** Where the name of the newest version is found, for sources whose signed file is named by it. */
const NEWEST = Type.Object(
  { address: WEB_ADDRESS, path: Type.Optional(JSON_POINTER), template: Type.Optional(TEMPLATE) },
  { ...closed, description: 'a map with address, and path for JSON or template for a feed' },
)

/** How the version on this machine is found. It is compared here and never sent. */
const INSTALLED = Type.Object(
  {
    dpkg: Type.Optional(WORD),
    flatpak: Type.Optional(WORD),
    command: Type.Optional(
      Type.Array(Type.String({ maxLength: 255 }), {
        minItems: 1,
        maxItems: 8,
        description: 'a program and its arguments',
      }),
    ),
    file: Type.Optional(FILE),
    template: Type.Optional(TEMPLATE),
  },
  { ...closed, description: 'a map with one of dpkg, flatpak, command, file, and template if wanted' },
)

/** What `cordon updates fetch` takes. */
const DOWNLOAD = Type.Object(
  {
    address: WEB_ADDRESS,
    /** For the last of six tries. */
    fallback: Type.Optional(WEB_ADDRESS),
    signature: Type.Optional(WEB_ADDRESS),
    hashPath: Type.Optional(JSON_POINTER),
  },
  { ...closed, description: 'a map with address, and signature or hashPath, and if wanted fallback' },
)

/**
 * What a person may say about one product. Without `kind` it is one of the catalogue, and what is said replaces what
 * the catalogue says. Which fields belong to which kind is in product-laws.ts.
 */
export const PRODUCT_SETTINGS = Type.Object(
  {
    kind: Type.Optional(Type.Enum([...SOURCE_KINDS], { description: `one of ${SOURCE_KINDS.join(', ')}` })),
    address: Type.Optional(WEB_ADDRESS),
    /** Asked first, where there is one. */
    onion: Type.Optional(WEB_ADDRESS),
    /** Asked when all other tries have failed. */
    fallback: Type.Optional(WEB_ADDRESS),
    /** Admits a source that nobody signs over clear HTTP. Shown as unsigned, like every source without a signature. */
    unsigned: Type.Optional(Type.Boolean({ description: 'true or false' })),
    /** OpenPGP: the primary keys of which one must have signed. */
    keys: Type.Optional(
      Type.Array(FINGERPRINT, { minItems: 1, maxItems: 32, description: 'a list of OpenPGP fingerprints' }),
    ),
    /** OpenPGP: the file that holds them; left out, keys/PRODUCT.gpg beside cordon.yaml. */
    keyring: Type.Optional(FILE),
    /** minisign's public key, or for npm the registry's (SPKI), in Base64. */
    key: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9+/]{32,256}={0,2}$', description: 'a public key in Base64' }),
    ),
    /** json: the SHA-256 of a document that never changes, such as the manifest of one release. */
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 hexadecimal digits in lower case' }),
    ),
    signature: Type.Optional(WEB_ADDRESS),
    clearSigned: Type.Optional(Type.Boolean({ description: 'true or false' })),
    newest: Type.Optional(NEWEST),
    template: Type.Optional(TEMPLATE),
    path: Type.Optional(JSON_POINTER),
    suite: Type.Optional(WORD),
    component: Type.Optional(WORD),
    architecture: Type.Optional(WORD),
    package: Type.Optional(WORD),
    /** TUF: the first root, which came to this machine in a way that is trusted. */
    root: Type.Optional(FILE),
    targets: Type.Optional(WEB_ADDRESS),
    target: Type.Optional(WORD),
    /** How versions are ordered: `debian` as dpkg does, `dotted` with 1.0-rc1 before 1.0. */
    order: Type.Optional(Type.Enum(['debian', 'dotted'], { description: 'one of debian, dotted' })),
    prereleases: Type.Optional(Type.Boolean({ description: 'true or false' })),
    /** A source silent for longer is held to be frozen. */
    silenceDays: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3650, description: 'a whole number of days from 1 to 3650' }),
    ),
    installed: Type.Optional(INSTALLED),
    download: Type.Optional(DOWNLOAD),
  },
  { ...closed, description: 'a map of product settings' },
)
export type ProductSettings = Static<typeof PRODUCT_SETTINGS>

/** The products of cordon.yaml, and with whom their checks are shared. */
export const UPDATES_SETTINGS = Type.Object(
  {
    products: Type.Optional(
      Type.Record(Type.String({ pattern: PRODUCT_ID_PATTERN }), PRODUCT_SETTINGS, {
        ...closed,
        description: 'a map from product names (a-z, 0-9 and hyphens) to their settings',
      }),
    ),
    /** The machines that share a Redis and the checks on it: one name and one secret for all of them. */
    fleet: Type.Optional(
      Type.Object(
        {
          name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$', description: 'a-z, 0-9 and hyphens' }),
          secretFile: FILE,
        },
        { ...closed, description: 'a map with name and secretFile' },
      ),
    ),
  },
  { ...closed, description: 'a map with products and fleet' },
)
export type UpdatesSettings = Static<typeof UPDATES_SETTINGS>
