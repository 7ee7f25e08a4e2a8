import type { ControlProfile } from '@cordon/shared/contracts'
import type { Malformed } from '@cordon/shared/errors'
import { addOnion, type Command, delOnion, OK, parseAddOnion, type Reply } from '@cordon/shared/tor-control'
import type { OnionWish } from '../control-filter/index.ts'
import type { OnionGate } from './onion-gate.ts'

/** How many onion services one app may have, over all of its programs. */
export class OnionAllowance {
  readonly #most: number
  #taken = 0

  constructor({ onions }: ControlProfile) {
    this.#most = onions?.most ?? 0
  }

  /** Take one, or report that there is none left. */
  take(): boolean {
    if (this.#taken >= this.#most) return false
    this.#taken += 1
    return true
  }

  giveBack(): void {
    this.#taken -= 1
  }
}

export interface OnionServicesOptions {
  readonly allowance: OnionAllowance
  openGate(port: number): Promise<OnionGate>
  /** Send a command on the program's own connection to tor: what is made there goes when that goes. */
  send<T>(command: Command | Malformed, take: (reply: Reply) => T): Promise<T>
}

/** The onion services of one program, each behind gates of its own, for as long as the program is there. */
export class OnionServices {
  readonly #options: OnionServicesOptions
  readonly #gates = new Map<string, readonly OnionGate[]>()
  #isOver = false

  constructor(options: OnionServicesOptions) {
    this.#options = options
  }

  /** Report whether the program has made the service of that id. */
  has(serviceId: string): boolean {
    return this.#gates.has(serviceId)
  }

  /** Make one that leads to the app's own ports, and give the lines to answer. Rejects when tor cannot be asked. */
  async add({ key, flags, ports, clients }: OnionWish): Promise<readonly string[]> {
    const { allowance, openGate, send } = this.#options
    if (!allowance.take()) return ['550 Too many onion services']
    const gates: OnionGate[] = []
    let isKept = false
    try {
      for (const { own } of ports) gates.push(await openGate(own))
      const targets = ports.map(({ virtual }, at) => ({ virtual, target: `unix:${gates[at]?.path}` }))
      // In the turn of the answer: what tor tells of the service right behind it is the program's to hear.
      return await send(addOnion({ key, flags, ports: targets, clients }), reply => {
        const service = parseAddOnion(reply)
        isKept = !('why' in service) && !this.#isOver
        if (isKept && !('why' in service)) this.#gates.set(service.serviceId.reveal(), gates)
        return passOn(reply)
      })
    } finally {
      if (!isKept) this.#letGo(gates)
    }
  }

  /** End one that the program has made, and give the lines to answer. Rejects when tor cannot be asked. */
  async remove(serviceId: string): Promise<readonly string[]> {
    const gates = this.#gates.get(serviceId)
    if (gates === undefined) return ['552 Unknown Onion Service id']
    return await this.#options.send(delOnion(serviceId), reply => {
      if (reply.status === OK && this.#gates.delete(serviceId)) this.#letGo(gates)
      return passOn(reply)
    })
  }

  /** The program has gone, and with its connection to tor its services: close what led to it. */
  close(): void {
    this.#isOver = true
    for (const gates of this.#gates.values()) this.#letGo(gates)
    this.#gates.clear()
  }

  #letGo(gates: readonly OnionGate[]): void {
    for (const gate of gates) gate.close()
    this.#options.allowance.giveBack()
  }
}

/** Pass on what tor answered to a command of the app's own. */
const passOn = ({ status, lines }: Reply): readonly string[] =>
  lines.map(({ text }, at) => `${status}${at === lines.length - 1 ? ' ' : '-'}${text}`)
