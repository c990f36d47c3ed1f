// The mistake: a notification is acknowledged, and then appended, a moment later and without a look at what became of
// it.
import { startRigged } from './start.js'

const MOMENT_MS = 50

await startRigged(log => ({
  ...log,
  append: async records => {
    setTimeout(() => {
      log.append(records).catch(() => {})
    }, MOMENT_MS)
  }
}))
