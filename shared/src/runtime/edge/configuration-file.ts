import { CONFIGURATION_MAX_BYTES, type Configuration, parseConfiguration } from '../../contracts/index.ts'
import { Fault } from '../../errors/index.ts'
import { readFileBounded } from './atomic-file.ts'

/**
 * Read cordon.yaml. None is needed, unless a person named it (`isNamed`).
 *
 * Throws a Fault: `CFG_INVALID`, which names every mistake, or `CFG_UNREADABLE`.
 */
export async function readConfiguration(path: string, isNamed = false): Promise<Configuration> {
  const bytes = await readFileBounded(path, CONFIGURATION_MAX_BYTES)
  if (bytes !== undefined) return parseConfiguration(bytes.toString('utf8'), path)
  if (!isNamed) return {}
  throw new Fault('CFG_UNREADABLE', `${path} is not there`, {
    where: 'host',
    retry: 'never',
    next: 'Write it, or leave out --config.',
  })
}
