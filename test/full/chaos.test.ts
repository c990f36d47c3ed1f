import t, { type Test } from 'tap'
import { type CampaignOptions, runCampaign } from '../chaos/campaign.js'
import { describePlan } from '../chaos/plan.js'
import { lineOf } from '../chaos/report.js'
import { openStage } from '../chaos/stage.js'
import { kafkaUnavailable } from '../support/kafka.js'
import { roundsOf, seedOf } from '../support/seeds.js'

const RUNS = roundsOf(1, 20)
/** Runs within which an injected bug must be detected; they end with the first loss. */
const RIGGED_RUNS = 5
const RIGS = (['early-ack', 'early-checkpoint'] as const).slice(0, roundsOf(1, 2))
const SEED = seedOf()

t.test(
  'the service under kills, freezes and outages',
  { skip: kafkaUnavailable() ?? false, timeout: 900_000 },
  async t => {
    const stage = await openStage()
    t.teardown(stage.close)

    async function campaign(t: Test, options: Partial<CampaignOptions>) {
      return runCampaign(stage, {
        runs: RUNS,
        seed: SEED,
        onPlan: plan => t.comment(describePlan(plan)),
        onResult: (result, logDir) =>
          t.comment(`${lineOf(result)}${result.problems.length > 0 ? ` (logs: ${logDir})` : ''}`),
        ...options
      })
    }

    await t.test(`loses nothing in ${RUNS} runs`, async t => {
      for (const { seed, problems } of await campaign(t, {}))
        t.strictSame(problems, [], `npm run chaos -- --seed ${seed} --runs 1`)
    })

    for (const rig of RIGS) {
      await t.test(`with the injected bug ${rig} a loss is detected within ${RIGGED_RUNS} runs`, async t => {
        const results = await campaign(t, { rig, runs: RIGGED_RUNS, keepsLogs: false, isOver: ({ lost }) => lost > 0 })
        t.ok(results.some(({ lost }) => lost > 0))
      })
    }
  }
)
