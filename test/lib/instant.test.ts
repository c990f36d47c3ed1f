import t from 'tap'
import { isDay, parseInstant, parseInstantOrDay } from '../../src/lib/instant.js'

t.test('an instant has 0 to 9 fractional digits, and UTC or an offset', async t => {
  t.equal(parseInstant('2017-05-25T08:58:10.5140000Z'), Date.UTC(2017, 4, 25, 8, 58, 10, 514))
  t.equal(parseInstant('2017-05-25T08:58:10Z'), Date.UTC(2017, 4, 25, 8, 58, 10))
  t.equal(parseInstant('2017-05-25T08:58:10.9999999+02:00'), Date.UTC(2017, 4, 25, 6, 58, 10, 999), 'cut, not rounded')
  t.equal(parseInstant('2028-02-29T23:59:59-05:00'), Date.UTC(2028, 2, 1, 4, 59, 59), 'a leap day')
  for (const text of [
    '2017-05-25',
    '2017-05-25 08:58:10Z',
    '2017-13-01T00:00:00Z',
    '2017-02-29T00:00:00Z',
    '2017-05-25T24:00:00Z',
    '2016-12-31T23:59:60Z',
    '',
    null,
    1495702690514
  ])
    t.equal(parseInstant(text), null, String(text))
})

t.test('the year of an instant is checked in UTC, whatever its offset', async t => {
  t.equal(parseInstant('9999-12-31T23:59:59.999Z'), Date.UTC(9999, 11, 31, 23, 59, 59, 999))
  t.equal(parseInstant('9999-12-31T23:59:59-00:01'), null, 'the year 10000')
  t.equal(parseInstant('9999-12-31T23:59:59-23:59'), null, 'the year 10000')
  t.equal(parseInstant('9999-12-31T23:59:59+23:59'), Date.UTC(9999, 11, 31, 0, 0, 59))
  t.equal(parseInstant('0001-01-01T00:00:00Z'), Date.parse('0001-01-01T00:00:00Z'))
  t.equal(parseInstant('0001-01-01T00:00:00+00:01'), null, 'the year 0')
  t.equal(parseInstant('0000-12-31T23:59:59-23:59'), null, 'written with the year 0, which no calendar has')
})

t.test('a day stands for its first moment in the time zone', async t => {
  t.equal(parseInstantOrDay('2026-11-23'), Date.UTC(2026, 10, 23))
  t.equal(parseInstantOrDay('2026-11-23', 'Pacific/Kiritimati'), Date.UTC(2026, 10, 22, 10))
  t.equal(parseInstantOrDay('2026-11-23', 'Pacific/Pago_Pago'), Date.UTC(2026, 10, 23, 11))
  t.equal(parseInstantOrDay('2026-10-04', 'Australia/Lord_Howe'), Date.UTC(2026, 9, 3, 13, 30), 'before summer time')
  t.equal(parseInstantOrDay('2026-10-05', 'Australia/Lord_Howe'), Date.UTC(2026, 9, 4, 13), 'in summer time')
  t.equal(parseInstantOrDay('2026-11-23T01:00:00Z', 'Pacific/Kiritimati'), Date.UTC(2026, 10, 23, 1))
  t.equal(parseInstantOrDay('0001-01-01'), Date.parse('0001-01-01T00:00:00Z'))
  t.equal(parseInstantOrDay('0001-01-01', 'Pacific/Kiritimati'), null, 'it begins in the year 0 in UTC')
  t.equal(parseInstantOrDay('9999-12-31', 'Etc/GMT+12'), Date.UTC(9999, 11, 31, 12))
  for (const text of ['2026-02-30', '0000-01-01', '10000-01-01', '2026-1-1', ' 2026-01-01', '2026-01-01\n', null])
    t.equal(parseInstantOrDay(text), null, JSON.stringify(text))
})

t.test('only existing calendar days are accepted as days', async t => {
  for (const day of ['2028-02-29', '2000-02-29', '0001-01-01', '9999-12-31']) t.ok(isDay(day), day)
  for (const day of ['2026-02-29', '1900-02-29', '2026-04-31', '2026-00-10', '2026-13-01', '0000-01-01'])
    t.notOk(isDay(day), day)
})
