import type { TimePools, TimeSource } from '@cordon/shared/contracts'

const source = (at: number): TimeSource => ({ operator: `lab-${at}`, url: `https://t${at}.time.example/` })

/** The lab's honest sources of time: three pools of three operators, one of them an onion service. */
export const timePoolsOf = (onion: string): TimePools => ({
  alpha: [1, 2, 3].map(source),
  beta: [4, 5, 6].map(source),
  gamma: [...[7, 8].map(source), { operator: 'lab-onion', url: `http://${onion}/` }],
})
