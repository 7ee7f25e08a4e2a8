/** One line of a reply. `data` holds the lines of a `+` line, unstuffed and joined by LF. */
export interface ReplyLine {
  readonly text: string
  readonly data: string | undefined
}

/** A whole reply or asynchronous event (control-spec 2.3). `text` is one character a byte (ISO 8859-1). */
export interface Reply {
  readonly status: number
  readonly lines: readonly ReplyLine[]
}

/** Status code of an asynchronous event (control-spec 4.1). All others answer a command, in the order of commands. */
export const ASYNCHRONOUS = 650

/** Status code of a command that was carried out (control-spec 4). */
export const OK = 250

/** Report whether `reply` is an asynchronous event rather than the answer to a command. */
export const isAsynchronous = (reply: Reply): boolean => reply.status === ASYNCHRONOUS
