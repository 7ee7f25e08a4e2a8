/** `npm run manifests`: write the base of deploy/kubernetes from the table of pods. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatManifests } from '../kubernetes/manifests.ts'

for (const [name, text] of formatManifests()) {
  writeFileSync(fileURLToPath(new URL(`../kubernetes/base/${name}`, import.meta.url)), text)
}
