#!/usr/bin/env node
/** Print a bill of materials without the hour and the random number of its making: the same packages, the same bill. */
import { readFileSync } from 'node:fs'

const { serialNumber: _, ...bill } = JSON.parse(readFileSync(0, 'utf8'))
delete bill.metadata.timestamp
process.stdout.write(`${JSON.stringify(bill, null, 2)}\n`)
