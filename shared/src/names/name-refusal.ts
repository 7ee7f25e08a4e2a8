/** Why a name or an address goes no further, whoever asks for it. */
export type NameRefusal = 'malformed-name' | 'this-machine' | 'private-network' | 'local-name' | 'i2p' | 'reserved-name'
