import t from 'tap'
import { mountingUnavailable } from '../chaos/disk.js'
import { lowDisk } from '../chaos/scenarios/low-disk.js'
import { postmaster } from '../chaos/scenarios/postmaster.js'
import { openStage } from '../chaos/stage.js'
import { assertMet } from '../support/scenario-report.js'
import { roundsOf } from '../support/seeds.js'

const KILLS = roundsOf(3, 20)
/** The goal of the scenarios is 1 s. Here other test files run at the same time, and delay both sides. */
const MOST_SECONDS = roundsOf(10, 1)
const LOW_DISK_SECONDS = roundsOf(10, 60)

t.test('notifications are accepted without the embedded Postgres', { timeout: 900_000 }, async t => {
  const stage = await openStage()
  t.teardown(stage.close)

  await t.test(`while it is killed ${KILLS} times`, async t => {
    assertMet(t, await postmaster(stage, { kills: KILLS, mostSeconds: MOST_SECONDS }))
  })

  const skip = mountingUnavailable() ?? false
  await t.test(`while it cannot run for ${LOW_DISK_SECONDS} s, because the disk has 8 MiB left`, { skip }, async t => {
    assertMet(t, await lowDisk(stage, { seconds: LOW_DISK_SECONDS, mostSeconds: MOST_SECONDS }))
  })
})
