import t from 'tap'
import { describePlan, type Fault, POSTING_MS, planOf, targetsOf } from './plan.js'

const PLANS = Array.from({ length: 500 }, (_, seed) => planOf(seed))

t.test('the same seed gives the same plan, and another seed another', async t => {
  t.strictSame(planOf(17), planOf(17))
  t.ok(new Set(PLANS.map(plan => JSON.stringify({ ...plan, seed: 0 }))).size > 490)
})

t.test('faults are in order, start while notifications are posted, and have existing targets', async t => {
  for (const plan of PLANS) {
    const { faults, seed } = plan
    if (faults.length === 0) t.fail(`seed ${seed} has no fault`)
    for (const [i, { atMs, target }] of faults.entries()) {
      if (!targetsOf(plan).includes(target)) t.fail(`seed ${seed}: there is no ${target}`)
      if (atMs >= POSTING_MS || atMs < (faults[i - 1]?.atMs ?? 0)) t.fail(`seed ${seed}: ${atMs} ms`)
    }
  }
})

t.test('a fault starts only after the previous fault of its target has ended', async t => {
  for (const { faults, seed } of PLANS) {
    for (const [i, fault] of faults.entries()) {
      const earlier = faults.slice(0, i).filter(({ target }) => target === fault.target)
      if (earlier.some(({ atMs, forMs }) => atMs + forMs >= fault.atMs)) t.fail(`seed ${seed}: ${fault.target}`)
    }
  }
})

t.test('split roles use Kafka, and only the local log uses the embedded Postgres', async t => {
  t.notOk(
    PLANS.some(
      ({ log, roles, database }) =>
        (roles === 'split' && log === 'local') || (database === 'embedded' && log === 'kafka')
    )
  )
})

t.test('a few hundred seeds cover every kind of installation and fault', async t => {
  const covered = (of: (fault: Fault) => string) => new Set(PLANS.flatMap(({ faults }) => faults.map(of)))
  t.equal(new Set(PLANS.map(({ log, roles, database }) => `${log} ${roles} ${database}`)).size, 4)
  t.equal(covered(({ target, kind }) => `${kind} ${target}`).size, 18)
})

t.test('a plan is described in one line', async t => {
  t.match(
    describePlan({ ...planOf(1), seed: 4711, faults: [{ atMs: 1234, forMs: 500, target: 'broker', kind: 'freeze' }] }),
    /^seed 4711: .*; freeze broker at 1\.2 s for 0\.5 s$/
  )
})
