import type { AttributeKey } from './attributes.ts'

/**
 * What a level promises. `error`: needs repair or a bug report. `warn`: never in normal running. `info`: rare and
 * readable. `debug`: for us, and off unless asked for.
 */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

interface LogLine {
  readonly level: LogLevel
  /** The whole sentence. What varies stands in the fields. */
  readonly says: string
  readonly fields: readonly AttributeKey[]
}

/**
 * Every line that a part can log. The level and the words belong to the line, not to the caller, so that no caller
 * can write what happened to be in a variable.
 */
export const LOG_LINES = {
  'part.started': { level: 'info', says: 'the part has started', fields: ['part'] },
  'part.stopping': { level: 'info', says: 'the part is stopping', fields: ['part'] },
  'part.failed': { level: 'error', says: 'the part cannot work', fields: ['part'] },
  'part.exited': { level: 'warn', says: 'a part ended and is started again', fields: ['part', 'exitCode', 'waitMs'] },
  'part.silent': { level: 'warn', says: 'a part did not answer and is replaced', fields: ['part'] },
  'part.given-up': {
    level: 'error',
    says: 'a part ends again and again and is left alone',
    fields: ['part', 'attempt'],
  },
  'machine.resumed': { level: 'info', says: 'the machine woke up', fields: [] },
  'gateway.tor.lost': { level: 'warn', says: 'the control connection to tor is lost', fields: [] },
  'gateway.tor.found': { level: 'info', says: 'the control connection to tor is up', fields: [] },
  'gateway.tor.refused': { level: 'error', says: 'tor and the gateway cannot authenticate', fields: [] },
  'gateway.configuration.kept': {
    level: 'warn',
    says: 'the changed configuration has a mistake and is not followed; see `cordon status`',
    fields: [],
  },
  'gateway.app.trouble': { level: 'warn', says: 'the port of an app cannot be opened', fields: ['app', 'appPort'] },
  'gateway.breached': {
    level: 'error',
    says: 'a promise of isolation was seen broken; see `cordon audit`',
    fields: [],
  },
  'gateway.acknowledged': {
    level: 'warn',
    says: 'a person has acknowledged violations of isolation',
    fields: ['count'],
  },
  'gateway.control.stranger': {
    level: 'warn',
    says: 'a program spoke something else on a control socket, or did not authenticate',
    fields: ['app'],
  },
  'gateway.drift': { level: 'error', says: "tor's configuration does not say what it must", fields: ['count'] },
  'gateway.admin.refused': { level: 'warn', says: 'a request to the admin API was refused', fields: [] },
  'gateway.stream.refused': { level: 'debug', says: 'a stream was refused', fields: ['app', 'protocol', 'reply'] },
  'clock.stepped': { level: 'info', says: 'the clock was stepped', fields: ['offsetMs'] },
  'clock.refused': {
    level: 'warn',
    says: 'the sources do not establish a time; the clock is left as it is',
    fields: ['refusal'],
  },
  'clock.floor.lost': { level: 'error', says: 'the floor of the clock is damaged; see `cordon clock`', fields: [] },
  'clock.floor.unwritten': { level: 'warn', says: 'the floor of the clock could not be raised', fields: [] },
  'dns.gateway.lost': {
    level: 'warn',
    says: 'the link to the gateway is lost; nothing is answered meanwhile',
    fields: [],
  },
  'dns.gateway.found': { level: 'info', says: 'the link to the gateway is up', fields: [] },
  'dns.app.trouble': { level: 'warn', says: 'the names of an app cannot be asked', fields: ['app', 'appPort'] },
  'dns.resolver.trouble': { level: 'warn', says: 'the resolver of an app cannot be asked', fields: ['app'] },
  'queue.unusable': { level: 'warn', says: 'the queue cannot be used; app traffic is not affected', fields: [] },
  'queue.usable': { level: 'info', says: 'the queue can be used', fields: [] },
  'queue.job.refused': { level: 'warn', says: 'a job that is not ours was refused', fields: ['queue', 'refused'] },
  'queue.job.failed': { level: 'warn', says: 'a job failed', fields: ['job', 'reason'] },
  'queue.lock.lost': {
    level: 'warn',
    says: 'lock lost: a job was given to another worker',
    fields: ['job', 'attempt'],
  },
  'queue.trouble': { level: 'warn', says: 'the queue reported a mistake', fields: ['queue'] },
  'updates.configuration.kept': {
    level: 'warn',
    says: 'the changed configuration has a mistake, and its products are not followed; see `cordon status`',
    fields: [],
  },
  'updates.trouble': { level: 'warn', says: 'an update check could not be done or kept', fields: [] },
  'log.debug': { level: 'warn', says: 'debug lines are written: they may help to tell who did what', fields: [] },
  'log.held-back': { level: 'warn', says: 'lines were held back because there were too many', fields: ['app', 'more'] },
  'log.bug': { level: 'error', says: 'this should not happen; please report it', fields: [] },
} as const satisfies Record<string, LogLine>

export type LogKey = keyof typeof LOG_LINES
/** The fields that a line of that key may have. */
export type LogFieldKey<K extends LogKey> = (typeof LOG_LINES)[K]['fields'][number]
