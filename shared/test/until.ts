/** Short beside everything that tests wait for. */
const LOOK_AGAIN_MS = 20

/** Above all that a loaded machine takes. */
const PATIENCE_MS = 60_000

/**
 * Wait until `check` gives something, and give it back; fail by name when it does not within `ms`. Undefined and false
 * are not yet; what it throws is thrown. Nothing is ever waited for by time alone.
 */
export async function until<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  ms = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + ms
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`not within ${ms / 1000} s: ${what}`)
    await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}
