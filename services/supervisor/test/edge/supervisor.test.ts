import t from 'tap'
import { until } from '../../../../shared/test/until.ts'
import type { PartReporter } from '../../src/edge/part-driver.ts'
import { Supervisor } from '../../src/edge/supervisor.ts'
import { chooseParts } from '../../src/lifecycle/index.ts'

t.test('a start that fails and says twice that it has ended has ended once, and says nothing later', async t => {
  const reporters: PartReporter[] = []
  const driver = async (reporter: PartReporter): Promise<never> => {
    reporters.push(reporter)
    reporter.exited('its connection broke')
    throw new Error('it does not answer')
  }
  const observer = { changed: () => {}, logged: () => {} }
  const supervisor = new Supervisor(chooseParts(['tor']), new Map([['tor', driver]]), observer)
  const tor = () => supervisor.supervision.parts[0]
  supervisor.start()
  t.teardown(() => supervisor.stop())
  await until('the end of the first and of the next', () => reporters.length >= 2)
  t.match(tor(), { exits: reporters.length, detail: 'its connection broke' })
  const before = tor()?.exits
  reporters[0]?.exited('late')
  reporters[0]?.announce({ type: 'ready' })
  t.match(tor(), { exits: before })
  t.not(tor()?.state, 'ready')
})
