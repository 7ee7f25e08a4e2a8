import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { LabDescription, LabMessage } from '@cordon/shared/contracts'
import { answers } from '@cordon/shared/runtime/edge'
import { Programs } from './programs.ts'

const MAIN = fileURLToPath(new URL('../../lab/src/main.ts', import.meta.url))

/** The lab that all figures of a run share. Cordon joins it, so that starting Cordon does not start a lab. */
export class Lab implements AsyncDisposable {
  readonly directory: string
  /** A process in its namespaces. */
  readonly pid: number
  readonly #programs: Programs

  private constructor(programs: Programs, directory: string, { pid }: LabDescription) {
    this.#programs = programs
    this.directory = directory
    this.pid = pid
  }

  /** Join the lab that `CORDON_LAB_DIR` names if one answers there, or start one that ends with us. */
  static async open(): Promise<Lab> {
    const programs = new Programs()
    const { CORDON_LAB_DIR: named } = process.env
    if (named !== undefined && (await answers(socketIn(named)))) return new Lab(programs, named, await describe(named))
    const directory = await programs.makeDirectory()
    return new Lab(programs, directory, await start(programs, directory))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs[Symbol.asyncDispose]()
  }
}

const socketIn = (directory: string): string => join(directory, 'lab.sock')

async function describe(directory: string): Promise<LabDescription> {
  return JSON.parse(await text(connect(socketIn(directory)))) as LabDescription
}

async function start(programs: Programs, directory: string): Promise<LabDescription> {
  const child = programs.spawn(process.execPath, [MAIN, '--dir', directory], ['pipe', 'pipe', 'pipe'])
  if (child.stdout === null) throw new Error('the lab has no standard output')
  for await (const line of createInterface(child.stdout)) {
    const message = JSON.parse(line) as LabMessage
    if (message.type === 'failed') throw new Error(`the lab did not start: ${message.message} ${message.next}`)
    if (message.type === 'ready') return message.description
  }
  throw new Error('the lab ended before it was ready')
}
