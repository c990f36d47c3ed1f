import t from 'tap'
import { fragileDiskUnavailable } from '../chaos/disk.js'
import { powerCut } from '../chaos/scenarios/power-cut.js'
import { stopDuringStart } from '../chaos/scenarios/stop-during-start.js'
import { openStage } from '../chaos/stage.js'
import { assertMet } from '../support/scenario-report.js'
import { roundsOf } from '../support/seeds.js'

t.test(
  'a power cut soon after the first start loses neither the secrets nor an acknowledged event',
  { skip: fragileDiskUnavailable() ?? false, timeout: 900_000 },
  async t => {
    const stage = await openStage()
    t.teardown(stage.close)
    assertMet(t, await powerCut(stage, { rounds: roundsOf(2, 10) }))
  }
)

t.test('SIGTERM during the start loses no acknowledged event, and ends the service', { timeout: 900_000 }, async t => {
  const stage = await openStage()
  t.teardown(stage.close)
  assertMet(t, await stopDuringStart(stage, { rounds: roundsOf(2, 20) }))
})
