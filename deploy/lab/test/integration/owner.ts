// Stands for the supervisor: starts the lab, holds its standard input, and is killed.
import { spawn } from 'node:child_process'

const [main = '', directory = ''] = process.argv.slice(2)
spawn(process.execPath, [main, '--dir', directory], { stdio: ['pipe', 'inherit', 'inherit'] })
// Our own standard input stays open and unread: only a signal ends this process.
process.stdin.resume()
