/**
 * `npm test`: bring what is missing, start the one lab that all suites share, check the sources, run the tests.
 *
 * The last line is `N passed, N failed`. Arguments go to tap: `npm test -- gateway/test/policy` runs one folder.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages, ensurePrograms, ensureUnpacked, nodeProgram, ROOT, TEST_PROGRAMS, UNPACKED } from './setup.mjs'

ensurePackages()
ensurePrograms(TEST_PROGRAMS)
ensureUnpacked()

const bin = name => join(ROOT, 'node_modules', '.bin', name)
const selected = process.argv.slice(2)

/** What must hold before a test is worth running: each is a command, and one that fails counts as a failed test. */
const CHECKS = [
  ['types', [bin('tsc'), '-b']],
  ['types of tests', [bin('tsc'), '-p', 'tsconfig.test.json']],
  ['lint and format', [bin('biome'), 'ci', '--error-on-warnings', '.']],
  ['unused code', [bin('knip')]],
  ['import rules', ['deploy/dev/check-fences.ts']],
]

process.chdir(ROOT)
const work = mkdtempSync(join(tmpdir(), 'cordon-test-'))
const labDirectory = join(work, 'lab')
// Its keys take seconds and its first consensus more: it starts first, and the suites that need it wait for it.
const lab = spawn(nodeProgram(), ['deploy/lab/src/main.ts', '--dir', labDirectory], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const labEnded = new Promise(resolve => lab.once('exit', resolve))
// It says so in its last line; one that ends instead has said why, and the suites that need it fail by themselves.
const labReady = new Promise(resolve => {
  lab.stdout.on('data', chunk => String(chunk).includes('"type":"ready"') && resolve())
})

let failedChecks = 0
for (const [name, command] of selected.length === 0 ? CHECKS : []) {
  const [program, ...args] = command[0].endsWith('.ts') ? [nodeProgram(), ...command] : command
  const { status } = spawnSync(program, args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: `${bin('')}:${process.env.PATH}` },
  })
  process.stderr.write(`${status === 0 ? 'ok' : 'not ok'} - ${name}\n`)
  if (status !== 0) failedChecks += 1
}

await Promise.race([labReady, labEnded])
const { status, output } = await runTap(selected)
lab.stdin.end()
await labEnded

const { pass, fail, skip } = count(output)
rmSync(work, { recursive: true, force: true })
const passed = pass + (selected.length === 0 ? CHECKS.length - failedChecks : 0)
// A run that ended badly without a failed test (a crash, a leak, a timeout) is a failure too.
const failed = fail + failedChecks + (status !== 0 && fail === 0 ? 1 : 0)
process.stdout.write(`${passed} passed, ${failed} failed${skip > 0 ? `, ${skip} skipped` : ''}\n`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

/** Run tap, show what it says, and keep its last lines, in which it counts. */
async function runTap(args) {
  const path = `${bin('')}:${process.env.PATH}:/usr/sbin:/sbin:${UNPACKED}/usr/sbin:${UNPACKED}/usr/bin`
  const tap = spawn(nodeProgram(), [bin('tap'), '--reporter=tap', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: path, CORDON_TEST_LAB: labDirectory },
  })
  let output = ''
  tap.stdout.on('data', chunk => {
    process.stdout.write(chunk)
    output = (output + chunk).slice(-4096)
  })
  const status = await new Promise(resolve => tap.once('close', resolve))
  return { status, output }
}

/** Read tap's own count: `# { total: 3, pass: 2, fail: 1 }`. */
function count(text) {
  const summary = [...text.matchAll(/^# \{ (.*) \}$/gm)].at(-1)?.[1] ?? ''
  const numbers = Object.fromEntries(
    [...summary.matchAll(/(\w+): (\d+)/g)].map(([, key, value]) => [key, Number(value)]),
  )
  return { pass: numbers.pass ?? 0, fail: numbers.fail ?? 0, skip: (numbers.skip ?? 0) + (numbers.todo ?? 0) }
}
