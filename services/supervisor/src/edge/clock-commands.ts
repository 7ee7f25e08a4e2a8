import { setTimeout as wait } from 'node:timers/promises'
import { type ClockStatus, layOutRuntime, type RuntimeLayout } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import {
  type Directories,
  EXIT,
  type ExitStatus,
  exitStatusOfSync,
  formatClock,
  formatDuration,
  formatRoundProgress,
  parseClockTime,
  readClock,
  readClockHistory,
} from '../cli/index.ts'
import { askPart, type Question } from './api-client.ts'
import type { Terminal } from './terminal.ts'

export interface SyncOptions {
  readonly allowBackward?: boolean
}

/** A round ends within 30 s; one that runs already is waited for. */
const SYNC_DEADLINE_MS = 65_000
const LOOK_AGAIN_MS = 300

const CLOCK_QUESTION = { method: 'GET', path: '/v1/clock', read: readClock } as const

/** `cordon clock` and what stands below it. Each returns the exit status. */
export class ClockCommands {
  readonly #layout: RuntimeLayout
  readonly #terminal: Terminal

  constructor({ runtimeDirectory }: Directories, terminal: Terminal) {
    this.#layout = layOutRuntime(runtimeDirectory)
    this.#terminal = terminal
  }

  async show(): Promise<ExitStatus> {
    await this.#print(await this.#ask(CLOCK_QUESTION))
    return EXIT.done
  }

  async sync({ allowBackward = false }: SyncOptions): Promise<ExitStatus> {
    const body = { allowBackward }
    const ended = new AbortController()
    const round = this.#ask({ method: 'POST', path: '/v1/sync', body, read: readClock }, SYNC_DEADLINE_MS)
    const progress = this.#showProgress(ended.signal)
    const status = await round.finally(() => ended.abort())
    await progress
    await this.#print(status)
    return exitStatusOfSync(status)
  }

  async set(time: string): Promise<ExitStatus> {
    const wantedMs = parseClockTime(time)
    const { stepClock } = await import('@cordon/shared/runtime/edge')
    const offsetMs = wantedMs - Date.now()
    try {
      stepClock(offsetMs)
    } catch (cause) {
      throw new Fault('CLK_NOT_PERMITTED', 'only root may set the clock of this machine', {
        where: 'host',
        retry: 'never',
        next: 'Repeat it with sudo; in a container, set the clock of the host.',
        cause,
      })
    }
    const now = new Date()
    const moved = `${formatDuration(Math.abs(offsetMs) / 1000)} ${offsetMs < 0 ? 'backward' : 'forward'}`
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    this.#terminal.result(
      { set: now.toISOString(), offsetMs },
      `the clock was set ${moved}, to ${now.toISOString().slice(0, 19)}Z (zone of this machine: ${zone})\n`,
    )
    return EXIT.done
  }

  async #showProgress(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const status = await this.#ask(CLOCK_QUESTION).catch(() => undefined)
      if (status !== undefined && !signal.aborted) this.#terminal.wait(formatRoundProgress(status))
      await wait(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {})
    }
    this.#terminal.done()
  }

  async #print(status: ClockStatus): Promise<void> {
    const question = { method: 'GET', path: '/v1/history', read: readClockHistory } as const
    const { points } = this.#terminal.json ? { points: [] } : await this.#ask(question)
    this.#terminal.result(status, formatClock(status, points, this.#terminal.palette))
  }

  #ask<T>(question: Question<T>, deadlineMs?: number): Promise<T> {
    return askPart(this.#layout, 'clock', question, deadlineMs)
  }
}
