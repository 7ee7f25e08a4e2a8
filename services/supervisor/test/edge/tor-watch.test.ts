import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layOutRuntime } from '@cordon/shared/contracts'
import t from 'tap'
import { openScriptedControlPort } from '../../../../shared/test/runtime/edge/scripted-control-port.ts'
import { TorWatch } from '../../src/edge/tor-watch.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-watch-'))
t.teardown(() => rm(directory, { recursive: true }))

const bootstrap = (percent: number): string => `NOTICE BOOTSTRAP PROGRESS=${percent} TAG=x SUMMARY="x"`
const state = (percent: number, established: number): string =>
  `250-version=0.4.9.11\r\n250-status/bootstrap-phase=${bootstrap(percent)}\r\n` +
  `250-status/circuit-established=${established}\r\n250 OK\r\n`
const event = (percent: number): string => `650 STATUS_CLIENT ${bootstrap(percent)}\r\n`
const ESTABLISHED = '650 STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED\r\n'
const LOST = '650 STATUS_CLIENT NOTICE CIRCUIT_NOT_ESTABLISHED REASON=CLOCK_JUMPED\r\n'

/** Follow a tor that answers the question for its state with `answer`, in one write. */
async function follow(t: { teardown(end: () => void): void }, answer: string): Promise<TorWatch> {
  const path = join(directory, String(Math.random()))
  const port = await openScriptedControlPort(path, command => (command.startsWith('GETINFO') ? answer : '250 OK\r\n'))
  t.teardown(() => port.close())
  const instance = {
    configurationFile: '',
    stateDirectory: directory,
    layout: layOutRuntime(directory),
    labDirectory: undefined,
    configuration: {},
    lab: undefined,
  }
  const watch = new TorWatch(instance, () => {})
  const connection = await watch.connect(path, 'x', () => {})
  t.teardown(() => connection.close())
  return watch
}

t.test('events after the state that tor told, in the same read, are newer than it', async t => {
  const found = await follow(t, state(95, 0) + event(100) + ESTABLISHED)
  t.match(found.status(true), { version: '0.4.9.11', progress: 100, circuitEstablished: true })
  const lost = await follow(t, state(100, 1) + LOST)
  t.equal(lost.circuitEstablished, false)
})

t.test('events before the state that tor told are older than it', async t => {
  const watch = await follow(t, event(50) + LOST + state(100, 1))
  t.match(watch.status(true), { progress: 100, circuitEstablished: true })
})
