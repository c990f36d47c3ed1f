import t from 'tap'
import { localDay, startOfLocalDay } from '../../src/lib/local-day.js'

const days: [day: string, zone: string, start: string][] = [
  ['2026-11-23', 'UTC', '2026-11-23T00:00:00.000Z'],
  ['2026-07-01', 'America/New_York', '2026-07-01T04:00:00.000Z'],
  ['2026-03-08', 'America/New_York', '2026-03-08T05:00:00.000Z'], // daylight saving time starts at 02:00
  ['2026-03-09', 'America/New_York', '2026-03-09T04:00:00.000Z'],
  ['2026-11-02', 'America/New_York', '2026-11-02T05:00:00.000Z'],
  ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'], // midnight does not exist, the day starts at 01:00
  ['2026-01-01', 'Asia/Kathmandu', '2025-12-31T18:15:00.000Z'],
  ['2026-01-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
  ['2026-01-01', 'Etc/GMT+12', '2026-01-01T12:00:00.000Z'],
  ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'] // Samoa skipped this day
]

for (const [day, zone, start] of days) {
  t.test(`${day} in ${zone}`, async t => {
    const at = startOfLocalDay(day, zone)
    t.equal(at.toISOString(), start)
    t.ok(localDay(at.getTime() - 1, zone) < day)
    t.ok(localDay(at.getTime(), zone) >= day)
  })
}

t.test('the last day of the year 9999 has a first moment in every time zone', t => {
  t.strictSame(
    ['UTC', 'Pacific/Auckland', 'America/New_York'].map(zone => startOfLocalDay('9999-12-31', zone).toISOString()),
    ['9999-12-31T00:00:00.000Z', '9999-12-30T11:00:00.000Z', '9999-12-31T05:00:00.000Z']
  )
  t.end()
})
