import t from 'tap'
import { foldMessage } from '../../../src/project/models/messages.js'
import { messageReported } from '../../support/fact-appender.js'

/** Returns a report of the journal at this minute past nine. */
const reportAt = (minute: number, changes: object = {}) =>
  ({ ...messageReported(false, minute), id: `00000000-0000-4000-8000-0000000000${minute}`, ...changes }) as Parameters<
    typeof foldMessage
  >[0][number] // an event is a fact with an id

const removed = { removed: true }
const NINE = Date.parse('2026-11-23T09:00:00Z')
for (const { name, reports, removedAt } of [
  { name: 'was never reported as removed', reports: [reportAt(10)], removedAt: null },
  { name: 'was removed', reports: [reportAt(10), reportAt(20, removed)], removedAt: 20 },
  {
    name: 'was removed and read afterwards',
    reports: [reportAt(10), reportAt(20, removed), reportAt(30, { ...removed, read: true })],
    removedAt: 20
  },
  { name: 'was restored', reports: [reportAt(10), reportAt(20, removed), reportAt(30)], removedAt: null },
  {
    name: 'was removed again',
    reports: [reportAt(20, removed), reportAt(30), reportAt(40, removed)],
    removedAt: 40
  }
])
  t.test(`a message that ${name}, in any order and doubled`, async t => {
    const expected = removedAt === null ? null : NINE + removedAt * 60_000
    for (const order of [reports, [...reports].reverse(), [...reports, ...reports]])
      t.equal(foldMessage(order)?.removedAt, expected)
  })
