/**
 * `npm run fuzz -- [--inputs N] [--seed N] [--only NAME]`: mutated inputs into every decoder, ten million by default; then
 * a million hostile messages to the listeners of DNS, unless `--only` names a decoder.
 */
import { join } from 'node:path'
import { ensurePackages, ROOT, runNode } from './setup.mjs'

const LISTENERS = join(ROOT, 'services', 'dns', 'test', 'edge', 'listeners.test.ts')

ensurePackages()
const args = process.argv.slice(2)
const status = runNode([join(ROOT, 'deploy', 'dev', 'fuzz.ts'), ...args])
if (status !== 0 || args.some(arg => arg.startsWith('--only') || arg === '--help')) process.exit(status)
process.exit(runNode([LISTENERS], { ...process.env, CORDON_FUZZ_MESSAGES: '1000000', TAP_TIMEOUT: '1800' }))
