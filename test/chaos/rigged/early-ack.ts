// The bug: a notification is acknowledged before it is appended, and the result of the append is ignored.
import { startRigged } from './start.js'

const DELAY_MS = 50

await startRigged(log => ({
  ...log,
  append: async records => {
    setTimeout(() => {
      log.append(records).catch(() => {})
    }, DELAY_MS)
  }
}))
