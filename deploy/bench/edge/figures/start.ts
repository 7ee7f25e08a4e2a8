import type { Effort, Figure } from '../../figure.ts'
import { compareRounds, median, type Round } from '../../statistics.ts'
import { CordonUp } from '../cordon-up.ts'
import type { Lab } from '../lab.ts'
import { Programs } from '../programs.ts'
import { readCommand, timeTorAlone } from '../tor-alone.ts'

/** Time from `cordon up` to ready where everything is kept from the last time, against tor alone. */
export async function measureStart(lab: Lab, { rounds, say }: Effort): Promise<Figure> {
  await using programs = new Programs()
  const directory = await programs.makeDirectory()
  say('start, the first time')
  const first = await CordonUp.start(programs, { lab, directory })
  const command = readCommand(first.pidOf('tor'))
  await first.end()
  const startCordon = async (): Promise<number> => {
    const cordon = await CordonUp.start(programs, { lab, directory })
    await cordon.end()
    return cordon.startMs / 1000
  }
  const startTor = async (): Promise<number> => (await timeTorAlone(programs, { lab, directory, command })) / 1000
  const samples: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    say(`start, round ${round} of ${rounds}`)
    if (round % 2 === 0) samples.push({ ours: await startCordon(), reference: await startTor() })
    else {
      const reference = await startTor()
      samples.push({ ours: await startCordon(), reference })
    }
  }
  const { ours, reference, ratio } = compareRounds(samples)
  const more = samples.map(sample => sample.ours - sample.reference)
  return {
    name: 'start',
    title: 'warm start until ready, on the lab',
    rows: [
      { what: 'start until ready', unit: 's', ours, reference: { name: 'tor', value: reference }, ratio },
      { what: '  more than tor alone', unit: 's', ours: median(more), budget: { atMost: 1.5 } },
      { what: '  most of the rounds', unit: 's', ours: Math.max(...more) },
      { what: '  least of the rounds', unit: 's', ours: Math.min(...more) },
      { what: '  the very first start, for comparison', unit: 's', ours: first.startMs / 1000 },
    ],
    notes: [
      'Cordon: from the start of `cordon up` until its status is ready, in a lab that runs; state is kept',
      "tor: by the command of Cordon's tor, with its torrc and its data, until bootstrap is 100 %; they take turns",
    ],
  }
}
