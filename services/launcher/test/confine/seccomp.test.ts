import fc from 'fast-check'
import t from 'tap'
import { DATA, FAMILIES, TIOCLINUX, TIOCSTI, VERDICT, writeFilter } from '../../src/confine/seccomp/filter.ts'
import { CODE, encodeProgram, type Instruction } from '../../src/confine/seccomp/instruction.ts'
import { isKnownMachine, MACHINES, type MachineName } from '../../src/confine/seccomp/machine.ts'

/** One system call as the filter sees it. */
interface Call {
  readonly audit: number
  readonly call: number
  readonly first?: number
  readonly second?: number
}

/** Do what the kernel's interpreter does with a program of these four instructions, and refuse whatever it would. */
function interpret(program: readonly Instruction[], { audit, call, first = 0, second = 0 }: Call): number {
  const data = new Map<number, number>([
    [DATA.call, call],
    [DATA.audit, audit],
    [DATA.firstArgument, first],
    [DATA.secondArgument, second],
  ])
  let word = 0
  for (let at = 0; ; at++) {
    const { code, ifTrue, ifFalse, value } = program[at] ?? { code: -1, ifTrue: 0, ifFalse: 0, value: 0 }
    if (code === CODE.return) return value
    if (code === CODE.load) word = data.get(value) ?? Number.NaN
    else if (code === CODE.jumpIfEqual) at += word === value ? ifTrue : ifFalse
    else if (code === CODE.jumpIfAtLeast) at += word >= value ? ifTrue : ifFalse
    else throw new Error(`no such instruction at ${at}`)
    if (Number.isNaN(word)) throw new Error(`nothing to load at ${value}`)
  }
}

/** Numbers of calls from asm/unistd.h, written down apart from the table under test. */
const NUMBERS = {
  x64: { socket: 41, socketpair: 53, ioctl: 16, read: 0, add_key: 248, request_key: 249, keyctl: 250, clone: 56 },
  arm64: { socket: 198, socketpair: 199, ioctl: 29, read: 63, add_key: 217, request_key: 218, keyctl: 219, clone: 220 },
} as const

const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7, i386: 0x40000003, arm: 0x40000028 } as const

for (const name of ['x64', 'arm64'] as const satisfies readonly MachineName[]) {
  t.test(`the filter of ${name}`, async t => {
    const program = writeFilter(MACHINES[name])
    const numbers = NUMBERS[name]
    const judge = (call: number, args: { first?: number; second?: number } = {}): number =>
      interpret(program, { audit: AUDIT[name], call, ...args })

    await t.test('lets only families pass that stay on this machine', async t => {
      const AF = { UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17, BLUETOOTH: 31, ALG: 38, VSOCK: 40, XDP: 44 }
      for (const family of [AF.UNIX, AF.INET, AF.INET6, AF.NETLINK, AF.ALG])
        t.equal(judge(numbers.socket, { first: family }), VERDICT.allow, `family ${family}`)
      for (const family of [AF.PACKET, AF.BLUETOOTH, AF.VSOCK, AF.XDP, 0, 0xffffffff])
        t.equal(judge(numbers.socket, { first: family }), VERDICT.noSuchFamily, `family ${family}`)
      fc.assert(
        fc.property(fc.nat({ max: 0xffffffff }), first => {
          const isAllowed = (FAMILIES as readonly number[]).includes(first)
          return judge(numbers.socket, { first }) === (isAllowed ? VERDICT.allow : VERDICT.noSuchFamily)
        }),
      )
      t.equal(judge(numbers.socketpair, { first: AF.UNIX }), VERDICT.allow, 'pairs stay inside')
    })
    await t.test('refuses the key calls, io_uring and typing into the terminal', async t => {
      for (const call of [numbers.add_key, numbers.request_key, numbers.keyctl])
        t.equal(judge(call), VERDICT.notPermitted)
      for (const call of [425, 426, 427]) t.equal(judge(call), VERDICT.noSuchCall)
      for (const second of [TIOCSTI, TIOCLINUX]) t.equal(judge(numbers.ioctl, { second }), VERDICT.notPermitted)
      t.equal(judge(numbers.ioctl, { second: 0x5401 }), VERDICT.allow, 'TCGETS')
    })
    await t.test('refuses every call of another ABI', async t => {
      for (const audit of Object.values(AUDIT).filter(audit => audit !== AUDIT[name]))
        t.equal(interpret(program, { audit, call: numbers.read }), VERDICT.noSuchCall)
      if (name === 'x64') t.equal(judge(0x40000000 + 41, { first: 2 }), VERDICT.noSuchCall, 'x32')
    })
    await t.test('leaves everything else alone, sandboxes of browsers too', async t => {
      const SECCOMP_AND_UNSHARE = { x64: [317, 272], arm64: [277, 97] }[name]
      for (const call of [numbers.read, numbers.clone, ...SECCOMP_AND_UNSHARE]) t.equal(judge(call), VERDICT.allow)
    })
    await t.test('is well-formed: each jump lands inside, the last instruction returns', async t => {
      for (const [at, { ifTrue, ifFalse }] of program.entries()) {
        t.ok(at + 1 + Math.max(ifTrue, ifFalse) < program.length || program[at]?.code === CODE.return)
      }
      t.equal(program.at(-1)?.code, CODE.return)
      t.ok(program.length < 4096, 'BPF_MAXINSNS')
    })
  })
}

t.test('a program is encoded as struct sock_filter, eight bytes each', async t => {
  const bytes = encodeProgram([{ code: 0x35, ifTrue: 1, ifFalse: 2, value: 0xc000003e }])
  //                       code   jt  jf  k
  t.equal(bytes.toString('hex'), '3500' + '01' + '02' + '3e0000c0')
})

t.test('an unknown machine has no filter', async t => {
  t.ok(isKnownMachine('x64'))
  t.notOk(isKnownMachine('riscv64'))
  t.notOk(isKnownMachine('toString'))
})
