/** `npm run test:compose`, once packages and programs are there: compose.yaml brought up for real on an engine of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { showBadInput } from './compose/bad-input.ts'
import { must, run } from './compose/command.ts'
import { type Engine, startEngine, unpackEngine } from './compose/engine.ts'
import { buildImages } from './compose/images.ts'
import { compare, takeInventory } from './compose/leftovers.ts'
import { OUTSIDE, type Outside, openOutside } from './compose/outside.ts'
import { Project } from './compose/project.ts'
import { Report } from './compose/report.ts'
import * as show from './compose/scenarios.ts'

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    base: { type: 'string' },
    installation: { type: 'string' },
  },
})
/** Kinds of things that others on this machine make too: of those only ours count. */
const SHARED: ReadonlySet<string> = new Set([
  ...['network namespaces', 'links', 'cgroups', 'mounts', 'tables'],
  // The engine is unpacked; what was installed meanwhile, somebody else did.
  'packages',
])
const report = new Report()
const before = takeInventory()
// A short path: AF_UNIX sockets live below it.
const work = mkdtempSync('/tmp/cordon-c-')
const namespace = work.slice('/tmp/'.length).toLowerCase()
let outside: Outside | undefined
let engine: Engine | undefined
process.on('SIGINT', () => void close().then(() => process.exit(130)))

try {
  report.step('unpacking a container engine beside the system')
  const source = unpackEngine(work)
  outside = await openOutside(namespace)
  engine = await startEngine(work, { namespace, resolver: OUTSIDE.resolver, source })
  report.step('building the images')
  buildImages(work, engine, values)
  const stage = { project: new Project(work, engine), engine, outside, report }
  const { stdout: size } = stage.project.docker('images', '--format', '{{.Repository}} {{.Size}}')
  report.step(`built: ${size.trim().replaceAll('\n', ', ')}`)
  show.showDetector(stage)
  showBadInput(stage)
  report.step('bringing it up on the lab')
  await show.showUp(stage)
  await show.showTraffic(stage)
  show.showClosed(stage)
  await show.showSpans(stage)
  report.step('killing each in turn')
  await show.showDeaths(stage)
  await show.showKill(stage)
  report.step('the same without the lab')
  await show.showOnlyWayOut(stage)
  stage.project.compose('down', '--volumes', '--timeout', '10')
  const left = stage.project.docker('ps', '--all', '--quiet').stdout.trim()
  report.check('nothing is left after down', left === '', left)
} catch (thrown) {
  report.check('the run went to its end', false, thrown instanceof Error ? thrown.message : thrown)
} finally {
  if (!values.keep) await close()
}
const mine = (kind: string, name: string): boolean =>
  !SHARED.has(kind) || name.includes(namespace) || name.includes(work)
const found = values.keep ? [] : compare(before, takeInventory(), mine)
report.check('the machine is as it was', found.length === 0, found.join('\n'))
process.exit(report.finish())

/** Stop what runs and remove what was made. */
async function close(): Promise<void> {
  report.step('taking it all away')
  if (engine !== undefined) {
    const { stdout } = run(['docker', 'ps', '--all', '--quiet'], { env: engine.env })
    const containers = stdout.split('\n').filter(id => id !== '')
    if (containers.length > 0) must(['docker', 'rm', '--force', '--volumes', ...containers], { env: engine.env })
    await engine.stop()
    engine = undefined
  }
  await outside?.close()
  outside = undefined
  rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}
