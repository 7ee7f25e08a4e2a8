import { connect } from 'node:net'
import { PART_MESSAGE, type PartName, type RuntimeLayout } from '@cordon/shared/contracts'
import { Fault, systemCode } from '@cordon/shared/errors'
import type { PartCondition } from '@cordon/shared/runtime'
import { openControlConnection, readJsonLines, withDeadline } from '@cordon/shared/runtime/edge'
import { fits } from '@cordon/shared/schema'
import { getInfo, parseGetInfo } from '@cordon/shared/tor-control'
import { askRedis } from './redis-question.ts'

const NOBODY: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED'])

/** Whoever lives answers in milliseconds. Arbitrary. */
const ANSWER_DEADLINE_MS = 5000
/** An announcement is a line or two of text. Arbitrary. */
const ANSWER_MAX_BYTES = 16_384

/** Report whether connect(2) says that nobody listens. */
export const isNobodyThere = (thrown: unknown): boolean => NOBODY.has(systemCode(thrown))

/** Ask a part that we did not start how it is. Rejects with what connect(2) says where it is not there. */
export async function askPart(part: PartName, layout: RuntimeLayout): Promise<PartCondition> {
  switch (part) {
    case 'tor':
      return await askTor(layout.torControlSocket)
    case 'redis':
      await askRedis(layout.redisSocket, 'PING')
      return { type: 'ready' }
    default:
      return await readHealth(layout.healthSocket(part))
  }
}

async function askTor(socketPath: string): Promise<PartCondition> {
  const connection = await openControlConnection({ socketPath, onEvent: () => {}, onClose: () => {} })
  try {
    const answer = parseGetInfo(await connection.send(getInfo(['status/circuit-established'])))
    const isEstablished = !('why' in answer) && answer.get('status/circuit-established') === '1'
    return isEstablished ? { type: 'ready' } : { type: 'waiting', detail: 'tor has no circuit yet' }
  } finally {
    connection.close()
  }
}

/** Read the one line of a health socket. */
async function readHealth(path: string): Promise<PartCondition> {
  const connection = connect({ path })
  const said = new Promise<unknown>((resolve, reject) => {
    readJsonLines(connection, ANSWER_MAX_BYTES, resolve)
    connection.once('error', reject)
    connection.once('close', () => reject(strange(path)))
  })
  try {
    const message = await withDeadline(said, ANSWER_DEADLINE_MS, () => strange(path))
    if (fits(PART_MESSAGE, message) && message.type !== 'alive' && message.type !== 'breached') return message
    throw strange(path)
  } finally {
    connection.destroy()
  }
}

const strange = (path: string): Fault =>
  new Fault('SUP_ANSWER_UNKNOWN', `what is at ${path} does not say how it is`, {
    where: 'local',
    retry: 'after-waiting',
    next: 'Start the part again, in the version of this command.',
  })
