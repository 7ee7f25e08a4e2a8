import { CONFIGURATION_MAX_BYTES, type Configuration, parseConfiguration } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { readFileBounded } from '@cordon/shared/runtime/edge'

/** Read cordon.yaml. None is needed, unless a person named it. */
export async function loadConfiguration(path: string, isNamed: boolean): Promise<Configuration> {
  const text = await readFileBounded(path, CONFIGURATION_MAX_BYTES)
  if (text !== undefined) return parseConfiguration(text.toString('utf8'), path)
  if (!isNamed) return {}
  throw new Fault('CFG_UNREADABLE', `${path} is not there`, {
    where: 'host',
    retry: 'never',
    next: 'Write it, or leave out --config.',
  })
}
