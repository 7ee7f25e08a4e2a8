/**
 * `npm test`: bring what is missing, start the one lab that all suites share, check the sources, run the tests.
 *
 * The last line is `N passed, N failed`. Arguments name files or folders: `npm test -- gateway/test/policy`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages, ensurePrograms, ensureUnpacked, nodeProgram, ROOT, TEST_PROGRAMS, UNPACKED } from './setup.mjs'
import { listTestFiles, runTestFiles } from './test-files.mjs'

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
let lab = startLab()

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

// A machine that is held up for too long spoils a start, and not the next one. After a second one that ends has said why,
// the suites that need it fail by themselves.
if (!(await lab.isReady)) {
  lab = startLab()
  await lab.isReady
}
const { pass, fail, skip } = await runTestFiles(nodeProgram(), listTestFiles(selected), {
  ...process.env,
  PATH: `${bin('')}:${process.env.PATH}:/usr/sbin:/sbin:${UNPACKED}/usr/sbin:${UNPACKED}/usr/bin`,
  CORDON_TEST_LAB: labDirectory,
  // Hundreds of programs load the same sources.
  NODE_COMPILE_CACHE: join(work, 'compiled'),
})
lab.end()
await lab.ended

rmSync(work, { recursive: true, force: true })
const passed = pass + (selected.length === 0 ? CHECKS.length - failedChecks : 0)
const failed = fail + failedChecks
process.stdout.write(`${passed} passed, ${failed} failed${skip > 0 ? `, ${skip} skipped` : ''}\n`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

/** Start the lab: whether it gets ready, which it says in its last line, and how to end it. */
function startLab() {
  const child = spawn(nodeProgram(), ['deploy/lab/src/main.ts', '--dir', labDirectory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise(resolve => child.once('close', resolve))
  let said = ''
  const ready = new Promise(resolve => {
    child.stdout.on('data', chunk => {
      said += chunk
      if (said.includes('"type":"ready"')) resolve(true)
    })
  })
  return {
    ended,
    isReady: Promise.race([ready, ended.then(() => said.includes('"type":"ready"'))]),
    end: () => child.stdin.end(),
  }
}
