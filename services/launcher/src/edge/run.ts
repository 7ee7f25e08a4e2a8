import type { NetConnectOpts } from 'node:net'
import { layOutRuntime, type RuntimeLayout } from '@cordon/shared/contracts/runtime-layout'
import { inheritNothing } from '@cordon/shared/runtime/edge/system-calls'
import { INNER } from '../confine/inner-network.ts'
import { type AppMarks, findRivals } from '../confine/own-instance.ts'
import { rivalRuns } from '../confine/refusal.ts'
import type { RunRequest } from '../confine/run-request.ts'
import { explainFailure, refusesUserNamespaces } from '../confine/setup-failure.ts'
import { prepareOutfit } from './confine.ts'
import { ConfinedProcess, type HandedSocket, SetupFailed } from './confined-process.ts'
import { watchEscapes } from './escape-watch.ts'
import { openApp } from './gateway-client.ts'
import { locateTools, readNamespaceSwitches, realPath } from './host.ts'
import { openInwardGate } from './inward-gate.ts'
import { openPrivateHome } from './own-directory.ts'
import { seeProcesses } from './seen-processes.ts'
import { serveDatagrams, serveRelayed, serveTransparent, type Ways } from './serve-inner-network.ts'
import { type FilteredBus, openFilteredBus } from './session-bus.ts'
import { passSignalsOn } from './signal-relay.ts'
import { prepareStart, type Start } from './start-choice.ts'

/** Run a program confined to its app, and return the exit status that the command ends with. */
export async function run(request: RunRequest): Promise<number> {
  // What a shell left open could be a socket of the host's network: it would work inside.
  inheritNothing()
  const tools = locateTools()
  const userNamespace = mayMakeUserNamespaces()
  // It starts while the rest is found out; until it is told to, it does nothing, and it ends with us.
  const confined = new ConfinedProcess(tools, userNamespace)
  let bus: FilteredBus | undefined
  try {
    const start = await prepareStart(request)
    const marks = markApp(start)
    if (!request.force) refuseRivals(marks)
    const layout = layOutRuntime(request.runtimeDirectory)
    bus = request.dbus === 'filter' ? await openFilteredBus(request.runtimeDirectory, request.app) : undefined
    const controlSocket = realPath(layout.appControlSocket(request.app)) !== undefined
    const outfit = prepareOutfit({
      request,
      layout,
      tools,
      userNamespace,
      ...start,
      controlSocket,
      privateHome: request.privateHome ? await openPrivateHome(request.stateDirectory, request.app) : undefined,
      bus: bus?.path,
    })
    // Last: an app is registered for a program that will start.
    const app = await openApp(layout.gatewaySocket, request.app, start.profile?.settings ?? {})
    const ways = { appSocket: app.socket, dnsSocket: layout.appDnsSocket(request.app), allowLan: request.allowLan }
    await confined.lay(outfit, socket => serve(socket, request, layout, ways))
    passSignalsOn(confined)
    confined.start()
    using _watch = watchEscapes(confined, marks)
    // Onion services are made on the control socket, so an app without one has nobody to let in.
    const place = { pid: confined.pid ?? 0, nsenter: tools.nsenter, userNamespace }
    using _gate = controlSocket ? await openInwardGate(layout.appInwardSocket(request.app), place) : undefined
    const { status, wasStarted } = await confined.ended()
    if (wasStarted) return status
    throw new SetupFailed('program', confined.said)
  } catch (thrown) {
    await confined.kill()
    if (thrown instanceof SetupFailed) throw explainFailure(thrown.step, thrown.said, readNamespaceSwitches())
    throw thrown
  } finally {
    bus?.close()
  }
}

/** Root can do without a user namespace, where there are none. */
const mayMakeUserNamespaces = (): boolean => process.getuid?.() !== 0 || !refusesUserNamespaces(readNamespaceSwitches())

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

function serve(socket: HandedSocket, request: RunRequest, layout: RuntimeLayout, ways: Ways): void {
  switch (socket.role) {
    case 'transparent':
      serveTransparent(socket.server, ways)
      break
    case 'dns':
      // Both ends frame messages alike (RFC 7766), so bytes are carried and nothing is read.
      serveRelayed(socket.server, { path: ways.dnsSocket })
      break
    case 'datagrams':
      serveDatagrams(socket.socket, ways)
      break
    case 'relayed':
      serveRelayed(socket.server, chooseTarget(socket.port, request, layout, ways))
      break
  }
}

/** Choose what a port of the namespace's loopback leads to. What a person exposes comes first. */
function chooseTarget(
  port: number,
  { app, exposedPorts }: RunRequest,
  layout: RuntimeLayout,
  { appSocket }: Ways,
): NetConnectOpts {
  if (exposedPorts.includes(port)) return { host: '127.0.0.1', port }
  const isControl = (INNER.controlPorts as readonly number[]).includes(port)
  return { path: isControl ? layout.appControlSocket(app) : appSocket }
}
