/** `npm run units`: write the files for systemd from the table of parts. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatSystemFiles } from '../systemd/units.ts'

for (const [name, text] of formatSystemFiles()) {
  const path = fileURLToPath(new URL(`../systemd/${name}`, import.meta.url))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
