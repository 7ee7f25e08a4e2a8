#!/usr/bin/env node
/**
 * Judges a record of `cordon audit --proof FILE` again, with nothing of Cordon's: `node check-proof.mjs FILE`. Prints
 * HELD, BREACHED or INCOMPLETE and why, and ends with 0, 5 or 4; with DAMAGED and 1 when the record is not what was
 * written. What its lines mean stands in gateway/src/audit/README.md.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const FOUR_HOPS = ['HS_CLIENT_HSDIR', 'HS_CLIENT_INTRO', 'HS_SERVICE_HSDIR', 'HS_SERVICE_REND']
const ENDED = ['CLOSED', 'FAILED']
function read(text) {
  let hash = ''
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new Error('the last line is cut')
  const objects = lines.map((line, at) => {
    hash = createHash('sha256')
      .update(`${hash}${line.slice(65)}`)
      .digest('hex')
    if (line.slice(0, 65) !== `${hash} `) throw new Error(`line ${at + 1} is not what was written`)
    return JSON.parse(line.slice(65))
  })
  const end = objects.at(-1)
  if (objects[0]?.type !== 'record' || objects[0].version !== 1) throw new Error('it begins as no record known here')
  if (end.type === 'end' && end.lines === objects.length) return objects
  throw new Error('its end is missing')
}

const [breaches, doubts, users, guards, firstHops, ended] = Array.from({ length: 6 }, () => new Set())
/** By credentials: the one isolation key they may stand for, and streams that were sent and not told of yet. */
const [keys, waiting] = [new Map(), new Map()]
/** By id: circuits, streams, and what conflux sets carried. What counts as one circuit has one such set. */
const [circuits, streams, sets] = [new Map(), new Map(), new Map()]
let [isBegun, isWhole] = [false, false]
const isOurs = credentials => users.has(credentials.split('.')[0])

function judge({ hops, purpose, carried }) {
  if (![...carried].some(isOurs)) return
  if (carried.size > 1) breaches.add('a circuit carried two isolation keys')
  if (hops && hops.length < (FOUR_HOPS.includes(purpose) ? 4 : 3)) breaches.add('a circuit is too short')
  else if (hops) firstHops.add(hops[0])
}

function takeCircuit({ id, status, hops, purpose, conflux, carried = [] }) {
  const known = circuits.get(id)
  if (isWhole && !known && status !== 'LAUNCHED' && !ended.has(id) && !ENDED.includes(status))
    doubts.add('a circuit was never launched')
  // Later lines of a circuit need not name its conflux set.
  const all = sets.get(conflux ?? '') ?? known?.carried ?? new Set()
  if (conflux) sets.set(conflux, all)
  for (const one of [...(known?.carried ?? []), ...carried]) all.add(one)
  circuits.set(id, { hops: hops ?? known?.hops, purpose: purpose ?? known?.purpose, carried: all })
  judge(circuits.get(id))
  if (ENDED.includes(status)) ended.add(id) && circuits.delete(id)
}

function takeStream({ id, status, circuit, credentials = streams.get(id) }) {
  const isNew = isBegun && status.startsWith('NEW') && !streams.has(id) && credentials && isOurs(credentials)
  const left = waiting.get(credentials) ?? 0
  if (isNew && isWhole && left < 1) breaches.add('somebody else used the credentials of an app')
  if (isNew) waiting.set(credentials, left - 1)
  if (ENDED.includes(status)) streams.delete(id)
  else streams.set(id, credentials)
  const on = credentials && circuits.get(circuit)
  if (on) judge({ ...on, carried: on.carried.add(credentials) })
}

function take(line) {
  if (line.type === 'CIRC') takeCircuit(line)
  else if (line.type === 'STREAM') takeStream(line)
  else if (line.type === 'guards') for (const relay of line.relays) guards.add(relay)
  else if (line.type === 'begin') isBegun = true
  else if (line.type === 'found' || line.type === 'lost') isWhole = line.type === 'found'
  else if (line.type === 'sent') {
    const { app, key, credentials } = line
    users.add(credentials.split('.')[0])
    if ((keys.get(credentials) ?? `${app} ${key}`) !== `${app} ${key}`) breaches.add('one pair stands for two keys')
    keys.set(credentials, `${app} ${key}`)
    waiting.set(credentials, (waiting.get(credentials) ?? 0) + line.waiting)
  }
  if (line.type !== 'lost') return
  for (const map of [sets, circuits, streams]) map.clear()
  doubts.add('the view of tor was lost meanwhile')
}

try {
  const [head, ...lines] = read(readFileSync(process.argv[2], 'utf8'))
  for (const line of lines) take(line)
  if ([...firstHops].some(relay => !guards.has(relay))) breaches.add('the first relay of a circuit is no guard')
  for (const { kind } of head.violations) breaches.add(`Cordon itself says: ${kind}`)
  for (const why of [...head.reasons, ...head.drift]) doubts.add(`Cordon itself says: ${why}`)
  if (!isWhole) doubts.add('there is no view of tor at the end')
  const judged = breaches.size > 0 ? ['BREACHED', ...breaches] : doubts.size > 0 ? ['INCOMPLETE', ...doubts] : undefined
  process.stdout.write(`${(judged ?? ['HELD', `from ${head.from} to ${head.to}`]).join('\n  ')}\n`)
  process.exitCode = breaches.size > 0 ? 5 : doubts.size > 0 ? 4 : 0
} catch (cause) {
  process.stdout.write(`DAMAGED\n  ${cause.message}\n`)
  process.exitCode = 1
}
