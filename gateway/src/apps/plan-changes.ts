import { isDeepStrictEqual } from 'node:util'
import type { AppId } from '@cordon/shared/isolation'
import type { DeclaredApp } from './declared-app.ts'

/** What to do so that the apps are as declared. An app that is in none of the lists is not touched. */
export interface AppChanges {
  readonly close: readonly AppId[]
  readonly open: readonly DeclaredApp[]
  /** New rules for later streams; the port and the streams that are open stay. */
  readonly update: readonly DeclaredApp[]
}

/** Plan the way from the apps as they are to the apps as they should be. */
export function planChanges(actual: readonly DeclaredApp[], wanted: readonly DeclaredApp[]): AppChanges {
  const before = new Map(actual.map(app => [app.id, app]))
  const after = new Map(wanted.map(app => [app.id, app]))
  const moved = (app: DeclaredApp): boolean => before.get(app.id)?.port !== app.port
  return {
    close: actual.filter(({ id, port }) => after.get(id)?.port !== port).map(({ id }) => id),
    open: wanted.filter(moved),
    update: wanted.filter(app => !moved(app) && !isDeepStrictEqual(before.get(app.id), app)),
  }
}
