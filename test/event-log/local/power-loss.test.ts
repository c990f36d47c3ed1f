import { mkdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createRandom, type Random } from '../../../src/simulator/random.js'
import { openLog, readAll, record, tempDir } from './support/log.js'
import { createLosingDisk } from './support/losing-disk.js'

const CUTS = 60

t.test(
  'whichever unsynced pages survive a power failure, no acknowledged record is missing and appends continue',
  { timeout: 90_000 },
  async t => {
    for (let seed = 1; seed <= CUTS; seed++) {
      const random = createRandom(seed, 0)
      const dir = tempDir(t)
      const left = path.join(dir, 'left')
      mkdirSync(left)
      const acknowledged: string[] = []
      let isLastCut = false
      const disk = createLosingDisk()
      const log = await openLog(t, { dir: path.join(dir, 'log'), files: disk, segmentBytes: 40_000 })
      const groups = random.int(1, 12)
      for (let n = 0; n < groups; n++) {
        const texts = Array.from(
          { length: random.int(1, 8) },
          (_, i) => `${n}.${i}:${'x'.repeat(random.int(0, 9_000))}`
        )
        const cut = n === groups - 1 && disk.afterPowerCut
        const appended = log.append(texts.map(text => record(text)))
        if (cut) isLastCut = true
        if (cut) await cutDuring(disk, left, random)
        else acknowledged.push(...texts)
        await appended
      }
      const again = await openLog(t, { dir: left, segmentBytes: 40_000 })
      await again.append([record('after')])
      const stored = new Set((await readAll(again)).map(({ value }) => String(value)))
      t.strictSame(
        acknowledged.filter(text => !stored.has(text)).length,
        0,
        `seed ${seed}: nothing of ${acknowledged.length} is missing`
      )
      t.ok(stored.has('after'))
      const damage = again.damage()
      t.ok(damage.length <= (isLastCut ? 1 : 0), 'only of the group that was being written can damage be reported')
      t.ok(
        damage.every(({ isSynced }) => !isSynced),
        'and it is not claimed that it was synced'
      )
    }
  }
)

/** At one of the moments of the last group: before its write, between write and sync, or after both. */
async function cutDuring(disk: ReturnType<typeof createLosingDisk>, left: string, random: Random): Promise<void> {
  const turns = random.int(0, 6)
  for (let i = 0; i < turns; i++)
    await new Promise(resolve => {
      setImmediate(resolve)
    })
  await disk.afterPowerCut(left, () => random.chance(0.5))
}
