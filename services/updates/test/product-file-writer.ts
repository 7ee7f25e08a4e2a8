/** Writes one memory after another and says which was saved, until it is killed or, with FILL, the disk is full. */
import { Fault } from '@cordon/shared/errors'
import { ProductFile } from '../src/edge/product-file.ts'
import { EMPTY_MEMORY } from '../src/verdict/index.ts'

const [directory = '', id = '', from = '0'] = process.argv.slice(2)
const isFilling = process.env['FILL'] !== undefined
const file = new ProductFile(directory, id)
for (let n = Number(from) + 1; ; n++) {
  const text = `${n}`.repeat(isFilling ? 5000 * n : 5000)
  try {
    await file.change(
      () => ({ ...EMPTY_MEMORY, highestVersion: String(n), tuf: { 'root.json': text, 'targets.json': text } }),
      () => {},
    )
    process.stdout.write(`${n}\n`)
  } catch (thrown) {
    process.stdout.write(`${thrown instanceof Fault ? thrown.code : ''} ${String(thrown)}\n`)
    process.stdout.write(`kept ${(await file.load()).highestVersion}\n`)
    break
  }
}
