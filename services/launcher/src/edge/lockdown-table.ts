import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import { LOCKDOWN_FILES, LOCKDOWN_TABLE, type LockdownState, readLockdown } from '../lockdown/index.ts'
import { readKernelFile as readIfThere } from './host.ts'

/** The programs that the table is read and written with. */
export interface TableTools {
  readonly nft: string
  readonly unshare: string
}

/** Load rules whole, or throw a Fault `LOCK_REFUSED` with nothing changed. */
export function loadRules({ nft }: TableTools, rules: string): void {
  const { status, stderr } = spawnSync(nft, ['-f', '-'], { input: rules, encoding: 'utf8' })
  if (status !== 0) throw refused(stderr.trim().split('\n')[0] ?? '')
}

/** The failure of a kernel that does not take the rules. */
export const refused = (why: string): Fault =>
  new Fault('LOCK_REFUSED', `the kernel does not take the rules of lockdown (${why})`, {
    where: 'host',
    retry: 'never',
    next: 'Run: sudo modprobe -a nf_tables nft_reject_inet nft_ct; nothing was changed.',
  })

const LIST = ['-j', 'list', 'table', 'inet', LOCKDOWN_TABLE] as const

/** Read the state of the table, held against what the rules that are kept below `root` would make. */
export function readState(tools: TableTools, root: string): LockdownState {
  const listing = listTable(tools)
  return readLockdown(listing, listing === undefined ? undefined : listKept(tools, root))
}

/** List the table, or return undefined where there is none. */
export function listTable({ nft }: TableTools): unknown {
  const { status, stdout, stderr } = spawnSync(nft, LIST, { encoding: 'utf8' })
  if (status === 0) return JSON.parse(stdout)
  if (/No such file|does not exist/.test(stderr)) return undefined
  throw new Fault('LOCK_NOT_ROOT', 'the rules of this machine cannot be read', {
    where: 'host',
    retry: 'never',
    next: 'Run it with sudo.',
  })
}

/** Loads a file and lists the table that it makes; its words are the program, the file, and how to list. */
const LOAD_AND_LIST = 'nft=$1; "$nft" -f "$2" && shift 2 && "$nft" "$@"'

/**
 * List the table that the kept rules make in a network namespace of its own. The same nft lists both, so that a newer
 * one, which may write rules differently, is no difference.
 */
function listKept({ nft, unshare }: TableTools, root: string): unknown {
  const file = join(root, LOCKDOWN_FILES.rules)
  if (readIfThere(file) === undefined) return undefined
  const words = ['--net', '--', '/bin/sh', '-c', LOAD_AND_LIST, 'sh', nft, file, ...LIST]
  const { status, stdout } = spawnSync(unshare, words, { encoding: 'utf8' })
  return status === 0 ? JSON.parse(stdout) : undefined
}
