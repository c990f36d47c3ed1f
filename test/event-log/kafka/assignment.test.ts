import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import t from 'tap'
import { createAssignment } from '../../../src/event-log/kafka/assignment.js'
import type { Offset } from '../../../src/event-log/port.js'

const partition = { topic: 'calls' as const, partition: 3 }

/** An assignment over a consumer that only notes what it was consumerCalls, with starts that are answered by hand. */
function make() {
  const consumerCalls: string[] = []
  const resolveStart: ((offset: Offset) => void)[] = []
  const assignment = createAssignment({
    consumer: {
      pause: () => consumerCalls.push('pause'),
      resume: () => consumerCalls.push('resume'),
      seek: ({ topic, partition, offset }) => consumerCalls.push(`seek ${topic}/${partition} to ${offset}`)
    },
    topicPrefix: 'p',
    findStart: () =>
      new Promise(resolve => {
        resolveStart.push(resolve)
      }),
    log: pino({ level: 'silent' })
  })
  return { consumerCalls, resolveStart, assignment }
}

t.test('a partition is paused synchronously when it is assigned, and sought before it resumes', async t => {
  const { consumerCalls, resolveStart, assignment } = make()
  assignment.assign([partition])
  t.strictSame(consumerCalls, ['pause'])
  t.equal(assignment.find(partition)?.next, null)
  t.match(assignment.trouble(), /the start offset of calls\/3 is not known/)
  resolveStart[0]?.(7n)
  await turn()
  t.strictSame(consumerCalls, ['pause', 'seek p.calls/3 to 7', 'resume'])
  t.equal(assignment.find(partition)?.next, 7n)
  t.equal(assignment.trouble(), null)
})

t.test('a start offset for an earlier assignment is ignored', async t => {
  const { consumerCalls, resolveStart, assignment } = make()
  assignment.assign([partition])
  assignment.assign([partition])
  resolveStart[0]?.(7n)
  await turn()
  t.strictSame(consumerCalls, ['pause', 'pause'])
  resolveStart[1]?.(9n)
  await turn()
  t.equal(assignment.find(partition)?.next, 9n)
})

t.test('a revoked partition stays unassigned when its start offset arrives late', async t => {
  const { consumerCalls, resolveStart, assignment } = make()
  assignment.assign([partition])
  assignment.assign([])
  resolveStart[0]?.(7n)
  await turn()
  t.equal(assignment.find(partition), null)
  t.strictSame(consumerCalls, ['pause'])
})
