import { Fault } from '@cordon/shared/errors'

/** The failure of a command line. */
export const usage = (message: string, next = 'See `cordon run --help`.'): Fault =>
  new Fault('SUP_USAGE', message, { where: 'process', retry: 'never', next })
