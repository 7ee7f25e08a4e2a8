/**
 * Runs test files, a few at a time, and counts what they say.
 *
 * Each is a program that tap makes print what it found; tap's own runner is left out, since it watches every module that
 * a test or any program below it loads, which takes longer than most tests do.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Most tests wait most of the time. */
const AT_A_TIME = 3

/** What a file may take on a busy machine. tap ends what takes longer, and says where it stood. */
const MOST_SECONDS = 600

/** After that, in which tap did not end it, it is killed; and what it left behind, which holds its output, is waited for no longer. */
const GRACE_MS = 30_000

/** Where tests are. */
const ROOMS = ['shared', 'gateway', ...children('services'), ...children('deploy')]

/** List the test files that `selected` names, by themselves or by a folder above them; all of them if it names none. */
export function listTestFiles(selected) {
  const wanted = selected.map(path => path.replace(/^\.\//, '').replace(/\/$/, ''))
  const all = ROOMS.flatMap(room => filesBelow(join(room, 'test'))).filter(path => path.endsWith('.test.ts'))
  const isWanted = path => wanted.length === 0 || wanted.some(name => path === name || path.startsWith(`${name}/`))
  // The long ones first, so that none is left over at the end.
  const isLong = path => path.includes('/integration/')
  return all.filter(isWanted).sort((a, b) => Number(isLong(b)) - Number(isLong(a)))
}

/** Run `files` with a Node, show how each ended and all that a failed one said, and give what they counted together. */
export async function runTestFiles(node, files, env) {
  const sum = { pass: 0, fail: 0, skip: 0 }
  const left = [...files]
  const work = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      const begin = performance.now()
      const { status, output } = await runTestFile(node, file, env)
      const { pass, fail, skip } = count(output)
      // A file that ended badly without a failed test (a crash, nothing counted) is a failure too.
      const failed = fail + (fail === 0 && (status !== 0 || pass + skip === 0) ? 1 : 0)
      sum.pass += pass
      sum.fail += failed
      sum.skip += skip
      if (failed > 0) process.stdout.write(output)
      const seconds = ((performance.now() - begin) / 1000).toFixed(1)
      process.stdout.write(
        `${failed > 0 ? 'not ok' : 'ok'} - ${file} # ${pass} passed, ${failed} failed, ${seconds} s\n`,
      )
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  return sum
}

/** Run one file to its end; what it says on standard error is shown at once. */
function runTestFile(node, file, env) {
  return new Promise(resolve => {
    const child = spawn(node, [file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...env, TAP_TIMEOUT: String(MOST_SECONDS) },
    })
    let overdue = setTimeout(() => child.kill('SIGKILL'), MOST_SECONDS * 1000 + GRACE_MS)
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.once('exit', () => {
      clearTimeout(overdue)
      // What it said is read first, also when we were held up meanwhile.
      overdue = setTimeout(() => setImmediate(() => child.stdout.destroy()), GRACE_MS)
    })
    child.once('close', status => {
      clearTimeout(overdue)
      resolve({ status, output })
    })
  })
}

/** Read tap's own count: `# { total: 3, pass: 2, fail: 1 }`. */
function count(text) {
  const summary = [...text.matchAll(/^# \{ (.*) \}$/gm)].at(-1)?.[1] ?? ''
  const numbers = Object.fromEntries(
    [...summary.matchAll(/(\w+): (\d+)/g)].map(([, key, value]) => [key, Number(value)]),
  )
  return { pass: numbers.pass ?? 0, fail: numbers.fail ?? 0, skip: (numbers.skip ?? 0) + (numbers.todo ?? 0) }
}

function children(folder) {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => join(folder, name))
}

function filesBelow(folder) {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter(entry => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
  } catch (thrown) {
    if (thrown.code === 'ENOENT') return []
    throw thrown
  }
}
