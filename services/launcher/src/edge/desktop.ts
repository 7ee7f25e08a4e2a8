import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { Fault } from '@cordon/shared/errors'
import { parseAppId } from '@cordon/shared/isolation'
import { writeFileAtomically } from '@cordon/shared/runtime/edge/atomic-file'
import { readHomeDirectory } from '@cordon/shared/runtime/edge/home-directory'
import { locateProgram } from '../confine/command.ts'
import { profileUnknown } from '../confine/refusal.ts'
import { usage } from '../confine/usage.ts'
import { drawIcon, entryName, readMark, writeEntry } from '../desktop/index.ts'
import { findProfile } from '../profiles/index.ts'
import { isProgram, readKernelFile as readIfThere } from './host.ts'

/** A picture in a menu is small; a larger file is none of those. Arbitrary. */
const ICON_MAX_BYTES = 1_048_576

/** Where one user's entries and icons are, by the XDG base directories. */
interface Places {
  /** Everything of this user's lies below it. */
  readonly own: string
  readonly entries: string
  readonly icons: string
  /** Where the programs' own entries are looked for. */
  readonly originals: readonly string[]
  readonly dataDirectories: readonly string[]
}

function choosePlaces(): Places {
  const { XDG_DATA_HOME = '', XDG_DATA_DIRS = '' } = process.env
  const own = XDG_DATA_HOME.startsWith('/') ? XDG_DATA_HOME : join(readHomeDirectory(), '.local', 'share')
  const shared = XDG_DATA_DIRS.split(':').filter(path => path.startsWith('/'))
  const dataDirectories = [own, ...(shared.length === 0 ? ['/usr/local/share', '/usr/share'] : shared)]
  return {
    own,
    entries: join(own, 'applications'),
    icons: join(own, 'icons', 'hicolor', 'scalable', 'apps'),
    originals: dataDirectories.map(directory => join(directory, 'applications')),
    dataDirectories,
  }
}

/** Do what `cordon desktop` was asked for: `install APP`, `remove APP`, `list`. */
export async function desktop(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args)
  const [verb = 'list', name] = positionals
  const places = choosePlaces()
  if (verb === 'list') {
    const apps = listEntries(places)
    process.stdout.write(values.json === true ? `${JSON.stringify({ apps })}\n` : apps.map(app => `${app}\n`).join(''))
    return 0
  }
  const app = parseAppId(name ?? '')
  if (app === undefined || (verb !== 'install' && verb !== 'remove')) {
    throw usage('desktop takes install APP, remove APP or list', 'See `cordon desktop --help`.')
  }
  if (verb === 'install') await install(app, values.profile ?? app, chooseStart(values.start ?? []), places)
  else remove(app, places)
  const told = { app, installed: verb === 'install' }
  const text = verb === 'install' ? `${app} is in the menus, confined` : `${app} is not in the menus any more`
  process.stdout.write(values.json === true ? `${JSON.stringify(told)}\n` : `${text}\n`)
  return 0
}

function parse(args: readonly string[]) {
  const options = {
    json: { type: 'boolean' },
    profile: { type: 'string' },
    start: { type: 'string', multiple: true },
  } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause), 'See `cordon desktop --help`.')
  }
}

/**
 * Choose the words that an entry starts `cordon` with. A desktop looks for it where we do: it is named by its path, the
 * first word that we are told, where it would not be found by its name. The other words say where Cordon lives.
 */
function chooseStart([path = 'cordon', ...where]: readonly string[]): readonly string[] {
  const isFound = locateProgram('cordon', process.env['PATH'] ?? '', { workingDirectory: '/', isProgram }) !== undefined
  return [isFound ? 'cordon' : path, ...where]
}

async function install(app: string, profileName: string, start: readonly string[], places: Places): Promise<void> {
  const profile = findProfile(profileName)
  if (profile === undefined) throw profileUnknown(profileName)
  const original = places.originals
    .flatMap(directory => profile.programs.map(program => join(directory, `${program}.desktop`)))
    .map(path => readIfThere(path))
    .find(text => text !== undefined && readMark(text) === undefined)
  const icon = join(places.icons, `cordon-${app}.svg`)
  mkdirSync(places.icons, { recursive: true })
  mkdirSync(places.entries, { recursive: true })
  const path = join(places.entries, entryName(app))
  const there = readIfThere(path)
  if (there !== undefined && readMark(there) === undefined) throw foreign(path)
  await writeFileAtomically(icon, drawIcon(app, findPicture(original, places)))
  const command = [...start, 'run', ...(profileName === app ? [] : ['--profile', profileName]), app]
  await writeFileAtomically(path, writeEntry({ original, title: profile.title, app, command, icon }))
}

/** Find the icon that the program's own entry names, as a data URL. */
function findPicture(original: string | undefined, { dataDirectories }: Places): string | undefined {
  const name = /^Icon=(.+)$/m.exec(original ?? '')?.[1]
  if (name === undefined) return undefined
  const sizes = ['256x256', '128x128', '64x64', '48x48']
  const places = name.startsWith('/')
    ? [name]
    : dataDirectories.flatMap(directory => [
        ...sizes.map(size => join(directory, 'icons', 'hicolor', size, 'apps', `${name}.png`)),
        join(directory, 'pixmaps', `${name}.png`),
      ])
  return places
    .filter(path => path.endsWith('.png'))
    .map(readPicture)
    .find(picture => picture !== undefined)
}

function readPicture(path: string): string | undefined {
  try {
    const bytes = readFileSync(path)
    return bytes.length > ICON_MAX_BYTES ? undefined : `data:image/png;base64,${bytes.toString('base64')}`
  } catch {
    return undefined // it is elsewhere, or there is none
  }
}

function remove(app: string, places: Places): void {
  const path = join(places.entries, entryName(app))
  const there = readIfThere(path)
  if (there !== undefined && readMark(there) === undefined) throw foreign(path)
  rmSync(path, { force: true })
  rmSync(join(places.icons, `cordon-${app}.svg`), { force: true })
  for (const directory of [places.icons, places.entries]) removeEmpty(directory, places.own)
}

/** Take a directory away, and those around it as far as `top`, while they are empty: we may have made them. */
function removeEmpty(directory: string, top: string): void {
  try {
    for (let path = directory; path !== top; path = dirname(path)) rmdirSync(path)
  } catch {
    // Something else is in it, or it is not there.
  }
}

function listEntries({ entries }: Places): readonly string[] {
  try {
    return readdirSync(entries).flatMap(name => readMark(readIfThere(join(entries, name)) ?? '') ?? [])
  } catch {
    return [] // nobody has written an entry yet
  }
}

const foreign = (path: string): Fault =>
  new Fault('CFG_UNREADABLE', `${path} was not written by Cordon`, {
    where: 'host',
    retry: 'never',
    next: 'Move it away, or use another name for the app.',
  })
