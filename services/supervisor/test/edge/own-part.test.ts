import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { layOutRuntime } from '@cordon/shared/contracts'
import t, { type Test } from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { driveOwnPart } from '../../src/edge/own-part.ts'

const TOP = fileURLToPath(new URL('../../../../', import.meta.url))

/** A part that takes its time before it knows what a signal means. */
const SLOW_PART = `
const until = performance.now() + 100
while (performance.now() < until);
process.on('SIGHUP', () => process.send?.({ type: 'waiting', detail: 'read anew' }))
process.on('message', () => process.send?.({ type: 'alive' }))
process.on('disconnect', () => process.exit())
`

/** Start a part that takes its time, and note what is heard of it. */
async function start(t: Test) {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-part-'))
  const instance = {
    configurationFile: join(directory, 'cordon.yaml'),
    stateDirectory: directory,
    layout: layOutRuntime(directory),
    labDirectory: undefined,
    configuration: {},
    lab: undefined,
  }
  const heard: string[] = []
  const ends: string[] = []
  const program = join(directory, 'slow-part.mjs')
  await writeFile(program, SLOW_PART)
  const drive = driveOwnPart(instance, { name: 'dns', title: 'a part', entry: relative(TOP, program), more: () => [] })
  const part = await drive({
    announce: message => void (message.type === 'waiting' && heard.push(message.detail)),
    exited: detail => void ends.push(detail),
    log: () => {},
  })
  t.teardown(async () => {
    part.kill()
    await until('its end', () => ends.length > 0)
    await rm(directory, { recursive: true, force: true })
  })
  return { part, heard, ends }
}

t.test('SUP-07 a part that is told to read anew before it knows how is not ended by that, and does so', async t => {
  const { part, heard, ends } = await start(t)
  part.reload()
  await part.check()
  await until('the word of it', () => heard.includes('read anew'))
  t.same(ends, [])
})

t.test('SUP-01 a part that is asked when it has just gone is told of once, as it ended', async t => {
  const { part, ends } = await start(t)
  await part.check()
  const { pid } = part
  process.kill(Number(pid), 'SIGKILL')
  // Nothing of this loop turns meanwhile: it has ended, and we have not heard of it.
  while (!isOver(Number(pid)));
  const answers = [part.check(), part.check()]
  part.resumed?.({ sleptMs: 1, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' })
  for (const answer of answers) await t.rejects(answer, /channel of a part is closed/)
  await until('its end', () => ends.length > 0)
  t.same(ends, ['ended by SIGKILL'])
})

/** Report whether a process has ended, though nobody has taken its status yet (proc(5)). */
function isOver(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.startsWith('Z') === true
  } catch {
    return true
  }
}
