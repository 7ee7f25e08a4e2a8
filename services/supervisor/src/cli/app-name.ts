import { type AppId, parseAppId } from '@cordon/shared/isolation'
import { usage } from './complaint.ts'
import { show } from './show.ts'

/** Read the name of an app, or throw a Fault: no other text reaches a path, a request or a shell's input. */
export function readAppName(text: string): AppId {
  const id = parseAppId(text)
  if (id !== undefined) return id
  throw usage(`${show(text)} is no app name`, 'Use a-z, 0-9 and hyphens, 32 at most, with no hyphen in front.')
}
