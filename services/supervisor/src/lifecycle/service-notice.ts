/** What a service manager was told. */
export interface Noticed {
  readonly ready: boolean
  readonly status: string
}

export const NOTHING_NOTICED: Noticed = { ready: false, status: '' }

/**
 * Plan what to tell the service manager (sd_notify(3)), or undefined where it knows.
 *
 * READY is said once: what is lost later is our business to mend, and STATUS says so.
 */
export function planNotice(
  before: Noticed,
  ready: boolean,
  status: string,
): { readonly noticed: Noticed; readonly text: string | undefined } {
  const lines = [
    ...(ready && !before.ready ? ['READY=1'] : []),
    // A line break would begin another assignment.
    ...(status === before.status ? [] : [`STATUS=${status.replaceAll('\n', ' ')}`]),
  ]
  const noticed = { ready: before.ready || ready, status }
  return { noticed, text: lines.length === 0 ? undefined : lines.join('\n') }
}
