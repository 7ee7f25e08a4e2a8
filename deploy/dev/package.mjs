/** `npm run package [-- DIRECTORY]`: build the Debian package, into dist/ unless another directory is named. */
import { join } from 'node:path'
import { ensurePackages, ensurePrograms, ROOT, runNode } from './setup.mjs'

ensurePackages()
ensurePrograms(['dpkg-deb', 'git'])
process.exit(runNode([join(ROOT, 'deploy', 'dev', 'package.ts'), ...process.argv.slice(2)]))
