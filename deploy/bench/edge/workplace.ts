import { join } from 'node:path'
import { Load } from './load.ts'
import { Programs } from './programs.ts'
import type { SiteAnnouncement } from './site-process.ts'

/** What a measurement without the lab has: a directory, a loopback site, and a load process. All of it ends with it. */
export class Workplace implements AsyncDisposable {
  readonly directory: string
  readonly programs: Programs
  readonly load: Load
  /** The stand-in for tor's SocksPort, an AF_UNIX path. */
  readonly socksPath: string
  /** The same site over TCP, on 127.0.0.1. */
  readonly sitePort: number

  private constructor(directory: string, programs: Programs, load: Load, { port }: SiteAnnouncement) {
    this.directory = directory
    this.programs = programs
    this.load = load
    this.socksPath = socksPathIn(directory)
    this.sitePort = port
  }

  static async open(): Promise<Workplace> {
    const programs = new Programs()
    const directory = await programs.makeDirectory()
    const load = await Load.start(programs)
    const { first } = await programs.fork<SiteAnnouncement>('./site-process.ts', [socksPathIn(directory)])
    return new Workplace(directory, programs, load, first)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.programs[Symbol.asyncDispose]()
  }
}

const socksPathIn = (directory: string): string => join(directory, 'socks.sock')
