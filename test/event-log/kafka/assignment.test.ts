import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import t from 'tap'
import { createAssignment } from '../../../src/event-log/kafka/assignment.js'
import type { Offset } from '../../../src/event-log/port.js'

const place = { topic: 'calls' as const, partition: 3 }

/** An assignment over a consumer that only notes what it was told, with starts that are answered by hand. */
function make() {
  const told: string[] = []
  const answers: ((offset: Offset) => void)[] = []
  const assignment = createAssignment({
    consumer: {
      pause: () => told.push('pause'),
      resume: () => told.push('resume'),
      seek: ({ topic, partition, offset }) => told.push(`seek ${topic}/${partition} to ${offset}`)
    },
    topicPrefix: 'p',
    findStart: () =>
      new Promise(resolve => {
        answers.push(resolve)
      }),
    log: pino({ level: 'silent' })
  })
  return { told, answers, assignment }
}

t.test('a partition is paused within the event that assigns it, and sought before it goes on', async t => {
  const { told, answers, assignment } = make()
  assignment.assign([place])
  t.strictSame(told, ['pause'])
  t.equal(assignment.find(place)?.next, null)
  t.match(assignment.trouble(), /the start offset of calls\/3 is not known/)
  answers[0]?.(7n)
  await turn()
  t.strictSame(told, ['pause', 'seek p.calls/3 to 7', 'resume'])
  t.equal(assignment.find(place)?.next, 7n)
  t.equal(assignment.trouble(), null)
})

t.test('an answer for an earlier assignment is not used', async t => {
  const { told, answers, assignment } = make()
  assignment.assign([place])
  assignment.assign([place])
  answers[0]?.(7n)
  await turn()
  t.strictSame(told, ['pause', 'pause'])
  answers[1]?.(9n)
  await turn()
  t.equal(assignment.find(place)?.next, 9n)
})

t.test('what was taken away is not ours, whatever is still answered', async t => {
  const { told, answers, assignment } = make()
  assignment.assign([place])
  assignment.assign([])
  answers[0]?.(7n)
  await turn()
  t.equal(assignment.find(place), null)
  t.strictSame(told, ['pause'])
})
