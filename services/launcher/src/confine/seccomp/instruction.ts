/** One instruction of classic BPF (linux/filter.h, struct sock_filter). Jumps are relative to the next instruction. */
export interface Instruction {
  readonly code: number
  readonly ifTrue: number
  readonly ifFalse: number
  readonly value: number
}

const BYTES = 8

/** Operation codes (linux/bpf_common.h): class, size or comparison, and source. */
export const CODE = { load: 0x20, jumpIfEqual: 0x15, jumpIfAtLeast: 0x35, return: 0x06 } as const

/** Load the 32-bit word at `offset` of struct seccomp_data. */
export const load = (offset: number): Instruction => ({ code: CODE.load, ifTrue: 0, ifFalse: 0, value: offset })

/** End with a verdict. */
export const give = (verdict: number): Instruction => ({ code: CODE.return, ifTrue: 0, ifFalse: 0, value: verdict })

/** Do `steps` if the loaded word equals `value`, else skip them. */
export const whenEqual = (value: number, steps: readonly Instruction[]): readonly Instruction[] => [
  { code: CODE.jumpIfEqual, ifTrue: 0, ifFalse: steps.length, value },
  ...steps,
]

/** Do `steps` if the loaded word is anything but `value`, else skip them. */
export const unlessEqual = (value: number, steps: readonly Instruction[]): readonly Instruction[] => [
  { code: CODE.jumpIfEqual, ifTrue: steps.length, ifFalse: 0, value },
  ...steps,
]

/** Do `steps` if the loaded word is at least `value`, unsigned, else skip them. */
export const whenAtLeast = (value: number, steps: readonly Instruction[]): readonly Instruction[] => [
  { code: CODE.jumpIfAtLeast, ifTrue: 0, ifFalse: steps.length, value },
  ...steps,
]

/** Encode a program as the kernel of a little-endian machine reads it. */
export function encodeProgram(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * BYTES)
  for (const [at, { code, ifTrue, ifFalse, value }] of program.entries()) {
    bytes.writeUInt16LE(code, at * BYTES)
    bytes.writeUInt8(ifTrue, at * BYTES + 2)
    bytes.writeUInt8(ifFalse, at * BYTES + 3)
    bytes.writeUInt32LE(value, at * BYTES + 4)
  }
  return bytes
}
