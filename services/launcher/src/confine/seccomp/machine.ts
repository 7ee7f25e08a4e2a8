/** What the filter must know of a kind of machine. */
export interface Machine {
  /** AUDIT_ARCH_… (linux/audit.h). */
  readonly audit: number
  /** System call numbers (asm/unistd.h). io_uring has the same ones everywhere. */
  readonly socket: number
  readonly ioctl: number
  readonly keyCalls: readonly number[]
  /** Whether a second set of numbers lies above 0x40000000 (x32). */
  readonly hasX32: boolean
}

/** The machines that there is a filter for, by Node's name. */
export const MACHINES = {
  x64: { audit: 0xc000003e, socket: 41, ioctl: 16, keyCalls: [248, 249, 250], hasX32: true },
  arm64: { audit: 0xc00000b7, socket: 198, ioctl: 29, keyCalls: [217, 218, 219], hasX32: false },
} as const satisfies Record<string, Machine>

export type MachineName = keyof typeof MACHINES

/** Report whether there is a filter for a machine of that name (`process.arch`). */
export const isKnownMachine = (name: string): name is MachineName => Object.hasOwn(MACHINES, name)
