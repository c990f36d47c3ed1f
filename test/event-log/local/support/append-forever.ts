import { openLocalLog } from '../../../../src/event-log/local/local-log.js'
import { record } from './log.js'

// A process to be killed: node append-forever.js <dir> [writers]. Each line of stdout is the text of a record that was acknowledged.

const [dir = '', writers = '64'] = process.argv.slice(2)
const log = await openLocalLog({ dir, segmentBytes: 256 * 1024 })

await Promise.all(Array.from({ length: Number(writers) }, async (_, writer) => {
  for (let n = 0; ; n++) {
    const text = `${writer}-${n}`
    await log.append([record(text)])
    process.stdout.write(`${text}\n`)
  }
}))
