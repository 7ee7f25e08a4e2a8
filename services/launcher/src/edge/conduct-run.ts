import { layOutRuntime } from '@cordon/shared/contracts/runtime-layout'
import { INNER } from '../confine/inner-network.ts'
import { type AppMarks, findRivals } from '../confine/own-instance.ts'
import { namesUnanswered, rivalRuns } from '../confine/refusal.ts'
import type { RunRequest } from '../confine/run-request.ts'
import type { Tools } from '../confine/tools.ts'
import { listDoors, type Ways } from '../confine/way.ts'
import { prepareOutfit } from './confine.ts'
import { type ConfinedProcess, type HandedSocket, SetupFailed } from './confined-process.ts'
import { watchEscapes } from './escape-watch.ts'
import { type KnownApp, openApp } from './gateway-client.ts'
import { readKernelFile } from './host.ts'
import type { InwardPlace } from './inward-gate.ts'
import { seeProcesses } from './seen-processes.ts'
import { passSignalsOn } from './signal-relay.ts'
import { prepareStart, type Start } from './start-choice.ts'

/** The process that becomes the program, and what it was started with. */
export interface RunPlace {
  readonly confined: ConfinedProcess
  readonly tools: Tools
  readonly userNamespace: boolean
}

/**
 * Let a process in its namespaces become the program, serve it until it ends, and return its exit status.
 *
 * What few runs need is loaded when it is wanted: each module costs as much as a step of laying.
 */
export async function conductRun(request: RunRequest, { confined, tools, userNamespace }: RunPlace): Promise<number> {
  const start = await prepareStart(request)
  const marks = markApp(start)
  if (!request.force) refuseRivals(marks)
  const layout = layOutRuntime(request.runtimeDirectory)
  using bus = request.dbus === 'filter' ? await openBus(request) : undefined
  const outfit = prepareOutfit({
    request,
    layout,
    tools,
    userNamespace,
    ...start,
    privateHome: request.privateHome ? await openHome(request) : undefined,
    bus: bus?.path,
  })
  // Last: an app is registered for a program that will start.
  const app = await openApp(layout.gatewaySocket, request.app, start.profile?.settings ?? {})
  if (app.dnsPort === null) throw namesUnanswered()
  const ways = listWays(app, request, layout.appDnsSocket(request.app))
  const allowLan = request.allowLan || request.lanByApp
  const network = { ipv6: hasIpv6(), allowLan, doors: [INNER.dnsPort, ...ways.doors.keys()] }
  const sockets: HandedSocket[] = []
  // What serves them is loaded meanwhile. Nobody is there yet who could connect.
  const [{ serveSocket }] = await Promise.all([
    import('./serve-inner-network.ts'),
    confined.lay({ ...outfit, network }, socket => sockets.push(socket)),
  ])
  for (const socket of sockets) serveSocket(socket, ways)
  // Onion services are made on the control socket, so an app without one has nobody to let in. The way in is open before
  // the program can publish one.
  const place = { pid: confined.pid ?? 0, nsenter: tools.nsenter, userNamespace }
  using _gate = app.control === null ? undefined : await openGate(layout.appInwardSocket(request.app), place)
  passSignalsOn(confined)
  confined.start()
  using _watch = watchEscapes(confined, marks)
  const { status, wasStarted } = await confined.ended()
  if (wasStarted) return status
  throw new SetupFailed('program', confined.said)
}

const listWays = (app: KnownApp, { allowLan, exposedPorts }: RunRequest, dnsSocket: string): Ways => ({
  appSocket: app.socket,
  dnsSocket,
  allowLan,
  doors: listDoors(app, exposedPorts),
})

const openBus = async ({ stateDirectory, app }: RunRequest) =>
  await (await import('./session-bus.ts')).openFilteredBus(stateDirectory, app)

const openHome = async ({ stateDirectory, app }: RunRequest): Promise<string> =>
  await (await import('./own-directory.ts')).openPrivateHome(stateDirectory, app)

const openGate = async (path: string, place: InwardPlace): Promise<Disposable> =>
  await (await import('./inward-gate.ts')).openInwardGate(path, place)

/** There is none with ipv6.disable=1. */
const hasIpv6 = (): boolean => readKernelFile('/proc/self/net/if_inet6') !== undefined

const markApp = ({ ownDirectories, singleInstanceOf }: Start): AppMarks => ({
  uid: process.getuid?.() ?? 0,
  ownDirectories,
  singleInstanceOf,
})

function refuseRivals(marks: AppMarks): void {
  if (marks.ownDirectories.length + marks.singleInstanceOf.length === 0) return
  const [rival] = findRivals(seeProcesses(), marks)
  if (rival !== undefined) throw rivalRuns(rival.pid, marks.ownDirectories.length > 0)
}
