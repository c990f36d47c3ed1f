import assert from 'node:assert/strict'
import t from 'tap'
import { simulateCompany } from '../../src/simulator/company.js'
import { applyFaults, paceNotifications } from '../../src/simulator/delivery.js'

const START = Date.UTC(2026, 10, 23, 8)
const { notifications } = simulateCompany({ seed: 1, startAt: START, calls: 400 })
const share = (part: number) => part / notifications.length

t.test('without faults all notifications are delivered unchanged', async t => {
  assert.deepEqual(applyFaults(notifications, { seed: 1 }), notifications)
  t.pass()
})

t.test('the same seed drops, duplicates and delays the same notifications', async t => {
  const faults = { seed: 7, drop: 0.1, duplicate: 0.1, reorder: 0.1 }
  assert.deepEqual(applyFaults(notifications, faults), applyFaults(notifications, faults))
  assert.notDeepEqual(applyFaults(notifications, faults), applyFaults(notifications, { ...faults, seed: 8 }))
  t.pass()
})

t.test('dropped notifications are never delivered, and the others are', async t => {
  const delivered = applyFaults(notifications, { seed: 1, drop: 0.2 })
  assert.ok(Math.abs(share(delivered.length) - 0.8) < 0.05)
  assert.deepEqual(
    delivered,
    notifications.filter(notification => delivered.includes(notification))
  )
  assert.deepEqual(applyFaults(notifications, { seed: 1, drop: 1 }), [])
  t.pass()
})

t.test('duplicated notifications are delivered twice with the same body', async t => {
  const times = new Map<object, number>()
  for (const { body } of applyFaults(notifications, { seed: 1, duplicate: 0.3 }))
    times.set(body, (times.get(body) ?? 0) + 1)
  assert.equal(times.size, notifications.length)
  assert.ok(Math.abs(share([...times.values()].filter(count => count === 2).length) - 0.3) < 0.05)
  t.pass()
})

t.test('late notifications arrive out of order within the delay, and none is lost', async t => {
  const delivered = applyFaults(notifications, { seed: 1, reorder: 0.3, delayMs: 600_000 })
  const dueAt = new Map(notifications.map(({ at, body }) => [body, at]))
  assert.equal(delivered.length, notifications.length)
  assert.deepEqual(new Set(delivered.map(({ body }) => body)), new Set(notifications.map(({ body }) => body)))
  assert.ok(delivered.every(({ at, body }) => at >= (dueAt.get(body) ?? 0) && at <= (dueAt.get(body) ?? 0) + 600_000))
  assert.notDeepEqual(
    delivered.map(({ body }) => dueAt.get(body)),
    notifications.map(({ at }) => at),
    'the order differs'
  )
  assert.ok(
    delivered.every(({ at }, i) => at >= (delivered[i - 1]?.at ?? 0)),
    'the result is ordered by delivery'
  )
  t.pass()
})

t.test('paced notifications keep their order, are dated when they are due, and have no ApiKey', async t => {
  for (const family of ['classic', 'contact-center'] as const) {
    const original = simulateCompany({ seed: 1, startAt: START, calls: 50, family }).notifications
    const due = paceNotifications(original, { startAt: START + 5, rate: 4 })
    assert.deepEqual(
      due.map(({ at }) => at),
      original.map((_, i) => START + 5 + i * 250)
    )
    assert.ok(due.every(({ at, body }) => Date.parse(String(body.Timestamp ?? body.timestamp)) === at))
    assert.doesNotMatch(JSON.stringify(due), /apikey/i)
    assert.deepEqual(
      due.map(({ body }) => body.Body ?? body.CallId),
      original.map(({ body }) => body.Body ?? body.CallId)
    )
  }
  t.pass()
})
