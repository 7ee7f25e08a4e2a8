import { type Static, Type } from '../schema/index.ts'

const closed = { additionalProperties: false } as const
const ABSOLUTE_PATH = Type.String({
  pattern: '^/[^\\u0000-\\u001f]*$',
  maxLength: 4096,
  description: 'an absolute path',
})
const PORT = Type.Integer({ minimum: 1, maximum: 65_535, description: 'a port from 1 to 65535' })

/** An address and never a name: looking a name up happens outside Tor, and tells who is asked for it. */
const NODE = Type.Object(
  {
    address: Type.String({ pattern: '^[0-9a-fA-F.:]{2,45}$', description: 'an IPv4 or IPv6 address (no name)' }),
    port: PORT,
  },
  { ...closed, description: 'a map with address and port' },
)
const NODES = Type.Array(NODE, { minItems: 1, maxItems: 32, description: 'a list of maps with address and port' })

const SHARED = {
  username: Type.Optional(Type.String({ pattern: '^[!-~]{1,128}$', description: 'a user name of Redis' })),
  passwordFile: Type.Optional(ABSOLUTE_PATH),
  tls: Type.Optional(
    Type.Object(
      {
        name: Type.String({ pattern: '^[A-Za-z0-9.-]{1,253}$', description: 'the name in the certificate' }),
        authorityFile: Type.Optional(ABSOLUTE_PATH),
      },
      { ...closed, description: 'a map with name, and if wanted authorityFile' },
    ),
  ),
} as const

/** The Redis that carries the jobs: the embedded one's AF_UNIX socket, or one that several machines share. */
export const REDIS_SETTINGS = Type.Union(
  [
    Type.Object({ socket: ABSOLUTE_PATH, username: SHARED.username, passwordFile: SHARED.passwordFile }, closed),
    Type.Object({ node: NODE, ...SHARED }, closed),
    Type.Object(
      { sentinels: NODES, master: Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' }), ...SHARED },
      { ...closed, description: 'sentinels, and master: the name they know it by' },
    ),
    Type.Object({ cluster: NODES, ...SHARED }, closed),
  ],
  { description: 'socket: PATH, or node, or sentinels with master, or cluster' },
)
export type RedisSettings = Static<typeof REDIS_SETTINGS>
