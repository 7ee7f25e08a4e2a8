import { DownloadHTTPError } from 'tuf-js/dist/error.js'
import { followTuf, type TufFiles } from '../src/edge/tuf-client.ts'
import { refuse } from '../src/verify/index.ts'
import type { TufRepository } from './tuf-repository.ts'

/** A client with a memory, as one product has, at a repository in memory. */
export class TufClientUnderTest {
  files: TufFiles = {}
  readonly asked: string[] = []
  readonly #repository: TufRepository
  readonly #scratch: string

  readonly #initialRoot: Buffer

  constructor(repository: TufRepository, scratch: string, initialRoot = repository.initialRoot) {
    this.#repository = repository
    this.#scratch = scratch
    this.#initialRoot = initialRoot
  }

  async #run<T>(use: Parameters<typeof followTuf<T>>[1]) {
    const outcome = await followTuf(
      {
        metadataAddress: 'https://tuf.example/metadata',
        targetsAddress: 'https://tuf.example/targets',
        files: this.files,
        initialRoot: this.#initialRoot,
        scratch: this.#scratch,
        fetch: async (address, maxBytes) => {
          const path = address.replace('https://tuf.example/', '')
          this.asked.push(path)
          const found = this.#repository.served.get(path)
          if (found === undefined) throw new DownloadHTTPError('no', 404)
          if (found.length > maxBytes) throw refuse('VIA_TOO_LARGE', 'the answer is larger than allowed')
          return found
        },
      },
      use,
    )
    this.files = outcome.files
    return outcome.result
  }

  refresh = () => this.#run(client => client.refresh())
  find = (name: string) => this.#run(client => client.find(name, { content: false }))
  download = (name: string) => this.#run(client => client.find(name, { content: true }))

  /** The version of a role that is trusted. */
  version(role: string): number | undefined {
    const file = this.files[`${role}.json`]
    return file === undefined ? undefined : JSON.parse(file.toString()).signed.version
  }

  get versions() {
    return ['root', 'timestamp', 'snapshot', 'targets'].map(role => this.version(role))
  }
}
