import { internal, type Malformed } from '@cordon/shared/errors'
import {
  type Command,
  formatCommand,
  getInfo,
  parseBootstrapPhase,
  parseEvent,
  parseGetInfo,
  type Reply,
} from '@cordon/shared/tor-control'
import type { UploadEvent } from './publication.ts'

/** Ask to hear of each consensus. No other part of Cordon listens for it, so the shared room has no name for it. */
export const listenForConsensus = (): Command =>
  certain(formatCommand('SETEVENTS', { type: 'word', text: 'NEWCONSENSUS' }))

/** Ask how far tor has bootstrapped. */
export const askForProgress = (): Command => certain(getInfo([BOOTSTRAP_PHASE]))

const BOOTSTRAP_PHASE = 'status/bootstrap-phase'

/** Ask for the descriptors of relays, all at once; tor refuses if it lacks any (control-spec 3.9, `desc/id/`). */
export const askForDescriptors = (fingerprints: readonly string[]): Command =>
  certain(getInfo(fingerprints.map(fingerprint => `desc/id/${fingerprint}`)))

/** List the relays of a NEWCONSENSUS event (control-spec 4.1.15, dir-spec 3.4.1 `r` lines); undefined for another. */
export function consensusRelays({ lines: [first] }: Reply): readonly string[] | undefined {
  if (first?.text !== 'NEWCONSENSUS') return undefined
  const lines = (first.data ?? '').split('\n')
  return lines.filter(line => line.startsWith('r ')).map(line => line.split(' ')[1] ?? '')
}

/** Read the progress out of a bootstrap event, in percent; undefined for another. */
export function progressOf(event: Reply): number | undefined {
  const decoded = parseEvent(event)
  return decoded.type === 'bootstrap' ? decoded.phase.progress : undefined
}

/** Read the progress out of the answer to {@link askForProgress}, in percent. */
export function parseProgress(reply: Reply): number | undefined {
  const answer = parseGetInfo(reply)
  const phase = parseBootstrapPhase(answer instanceof Map ? (answer.get(BOOTSTRAP_PHASE) ?? '') : '')
  return 'why' in phase ? undefined : phase.progress
}

/** Read what an event says about the upload of an onion service's descriptor (control-spec 4.1.25). */
export function uploadOf(event: Reply): UploadEvent | undefined {
  const decoded = parseEvent(event)
  if (decoded.type !== 'onion-descriptor') return undefined
  switch (decoded.action) {
    case 'UPLOAD':
      return 'begun'
    case 'UPLOADED':
      return 'uploaded'
    case 'FAILED':
      // Also said of fetches; the carrier of the service makes none.
      return 'failed'
    default:
      return undefined
  }
}

function certain(command: Command | Malformed): Command {
  if (command.type === 'malformed') throw internal(`a command of constants is malformed: ${command.why}`)
  return command
}
