import type { LiveApp } from './live-app.ts'

/** Looks at every stream once per idle limit: one that moved nothing since the last look has been idle that long. */
export class IdleWatch {
  readonly #apps: () => readonly LiveApp[]
  #timer: NodeJS.Timeout | undefined

  constructor(apps: () => readonly LiveApp[]) {
    this.#apps = apps
  }

  /** Look from now on at that pace. */
  restart(idleSeconds: number): void {
    this.stop()
    this.#timer = setInterval(() => {
      for (const { sessions } of this.#apps()) for (const session of sessions) session.closeIfIdle()
    }, idleSeconds * 1000)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
