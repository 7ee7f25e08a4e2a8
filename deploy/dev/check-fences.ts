/** Checks every import of the tracked sources against the fences. Prints what is broken and why; exit 1 if anything. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, matchesGlob, normalize } from 'node:path'
import { parseSync } from 'oxc-parser'
import { FENCES, PROGRAMS, SHARED_ROOMS } from './fences.ts'

interface Import {
  readonly from: string
  readonly names: readonly string[]
}

/** List what a source imports or re-exports, types included: a type is a dependency too. */
export function readImports(file: string, source: string): readonly Import[] {
  const { module, errors } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
  const imports: Import[] = module.staticImports.map(({ moduleRequest, entries }) => ({
    from: moduleRequest.value,
    // A type of Node's touches nothing by itself, and is gone when the program runs.
    names: entries.filter(({ isType }) => !isType).map(({ importName }) => importName.name ?? '*'),
  }))
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, importName } of entries) {
      if (moduleRequest !== null) imports.push({ from: moduleRequest.value, names: [importName.name ?? '*'] })
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const text = source.slice(moduleRequest.start, moduleRequest.end)
    imports.push({ from: text.replaceAll(/^['"`]|['"`]$/g, ''), names: ['*'] })
  }
  return imports
}

/** Say every rule that one import of `file` breaks. */
export function judgeImport(file: string, { from, names }: Import): readonly string[] {
  const broken: string[] = []
  for (const { what, only, except = [], why } of FENCES) {
    const bare = from === what || from.startsWith(`${what}/`) || `node:${from}` === what
    if (!bare || names.every(name => except.includes(name))) continue
    if (!only.some(pattern => matchesGlob(file, pattern))) broken.push(`${from}: ${why}`)
  }
  const target = resolveWorkspace(file, from)
  if (target === undefined || file.includes('/test/') || TOOLS.test(file)) return broken
  const [own, other] = [programOf(file), programOf(target)]
  if (other !== undefined && own !== other) broken.push(`${from}: programs never import each other`)
  const [room, lower] = [sharedRoomOf(file), sharedRoomOf(target)]
  if (room !== undefined && lower !== undefined && lower > room) {
    broken.push(`${from}: the room ${SHARED_ROOMS[room]} is below ${SHARED_ROOMS[lower]} and may not know it`)
  }
  if (room !== undefined && other !== undefined) broken.push(`${from}: shared knows no program`)
  if (isEdge(target) && !isEdge(file)) broken.push(`${from}: only edge/ and main.ts use an edge`)
  return broken
}

/** Programs for developers: all of each touches the world. */
const TOOLS = /^deploy\/(dev|bench)\//

const WORKSPACES: Readonly<Record<string, string>> = {
  '@cordon/shared': 'shared/src',
  '@cordon/gateway': 'gateway/src',
  '@cordon/lab': 'deploy/lab/src',
}

/** Name the file or folder of ours that an import leads to; undefined for packages. */
function resolveWorkspace(file: string, from: string): string | undefined {
  if (from.startsWith('.')) return normalize(join(dirname(file), from))
  const [scope = '', name = '', ...rest] = from.split('/')
  const home = scope === '@cordon' ? (WORKSPACES[`${scope}/${name}`] ?? `services/${name}/src`) : undefined
  return home === undefined ? undefined : join(home, ...rest)
}

function programOf(path: string): string | undefined {
  const parts = path.split('/')
  return PROGRAMS.map(pattern => parts.slice(0, pattern.split('/').length).join('/')).find((prefix, at) =>
    matchesGlob(prefix, PROGRAMS[at] ?? ''),
  )
}

function sharedRoomOf(path: string): number | undefined {
  const [, room] = /^shared\/src\/([^/]+)/.exec(path) ?? []
  const at = (SHARED_ROOMS as readonly (string | undefined)[]).indexOf(room)
  return at < 0 ? undefined : at
}

const isEdge = (path: string): boolean =>
  /\/edge(\/|$)/.test(path) || path.endsWith('/main.ts') || path.includes('/test/')

/** Check every source that git tracks or would. */
export function checkTree(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], { encoding: 'utf8' })
  return listed
    .split('\n')
    .filter(file => file !== '' && !file.endsWith('.d.ts'))
    .flatMap(file =>
      readImports(file, readFileSync(file, 'utf8')).flatMap(one =>
        judgeImport(file, one).map(why => `${file}: ${why}`),
      ),
    )
}

if (import.meta.main) {
  const broken = checkTree()
  for (const line of broken) process.stderr.write(`${line}\n`)
  process.exit(broken.length === 0 ? 0 : 1)
}
