import t from 'tap'
import type { CallShape } from '../../../src/api/calls/schema.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { history } from '../../support/history.js'
import { queryApi } from '../../support/query-api.js'

const NUMBER = '+12025550111'
const PASTED = [
  NUMBER,
  '2025550111',
  '(202) 555-0111',
  '+1.202.555.0111',
  '\u202a+12025550111\u202c',
  '+1 202\u2011555\u20110111',
  '202\u2013555\u20130111',
  'tel:+12025550111',
  'sip:+12025550111@pbx.example.com',
  '\uff0b12025550111',
  '\uff12\uff10\uff12\uff15\uff15\uff15\uff10\uff11\uff11\uff11',
  '+12025550111;ext=5',
  '202-555-0111 ext. 5',
  '202-555-0111 x5',
  '001-1-202-555-0111',
  '+1/202/555-0111',
  '00 1 202 555 0111',
  '011 1 202 555 0111',
  '"Bob" <+12025550111>'
]
const COMPOSED = 'Caf\u00e9 Zo\u00eb'
const DECOMPOSED = 'Cafe\u0301 Zoe\u0308'

t.test('calls are found by numbers and names as people paste them', async t => {
  const { pool } = await freshDatabase(t)
  const call = (id: string, from: string) => history('IncomingCall > IncomingCallCompleted', { id, from })
  await projectorOf(pool)([
    ...call('number', NUMBER),
    ...call('other', '+12025550222'),
    ...call('composed', COMPOSED),
    ...call('decomposed', DECOMPOSED),
    ...call('tokyo', '\u6771\u4eac\u652f\u5e97'),
    ...call('seoul', '\uc11c\uc6b8 \uc9c0\uc810'),
    ...history('OutgoingCall(101) > OutgoingCallConnected(101) > OutgoingCallCompleted(101)', {
      id: 'police',
      to: '911'
    })
  ])
  const { get } = await queryApi(t, pool, () => new Date())
  const found = async (query: Record<string, string>) => {
    const response = await get(`/v1/calls?${new URLSearchParams(query)}`)
    return response.json<{ data?: CallShape[] }>().data?.map(({ id }) => id) ?? response.statusCode
  }
  for (const text of PASTED) {
    t.strictSame(await found({ client: text }), ['number'], `client=${JSON.stringify(text)}`)
    t.strictSame(await found({ q: text }), ['number'], `q=${JSON.stringify(text)}`)
  }
  t.strictSame(await found({ client: '911' }), ['police'])
  t.strictSame(await found({ q: '911' }), ['police'])
  for (const text of ['Caf\u00e9', 'Cafe\u0301', 'CAF\u00c9', '\u200ecaf\u00e9\u200e'])
    t.strictSame(await sorted(found({ q: text })), ['composed', 'decomposed'], `q=${JSON.stringify(text)}`)
  for (const text of [COMPOSED, DECOMPOSED])
    t.strictSame(await sorted(found({ client: text })), ['composed', 'decomposed'], `client=${JSON.stringify(text)}`)
  t.strictSame(await found({ q: '\u6771\u4eac' }), ['tokyo'], 'a Chinese or Japanese word of two characters')
  t.strictSame(await found({ q: '\uc11c\uc6b8' }), ['seoul'], 'a Korean word of two characters')
  for (const text of ['ab', '42', '\u6771', '\u202a12\u202c'])
    t.equal(await found({ q: text }), 400, JSON.stringify(text))

  const asOf = { asOf: new Date().toISOString() }
  t.strictSame(await found({ ...asOf, q: '202\u2013555\u20130111' }), ['number'], 'a call of the past')
  t.strictSame(await sorted(found({ ...asOf, q: 'Cafe\u0301' })), ['composed', 'decomposed'], 'a call of the past')
})

t.test('messages are found by numbers and texts as people paste them', async t => {
  const { pool } = await freshDatabase(t)
  const message = (Id: string, clientAddress: string, text: string) =>
    parseNotification(
      { id: 'default', apiKey: null, region: 'US' },
      Buffer.from(
        JSON.stringify({
          EventType: 'MessageReceived',
          Timestamp: '2026-11-30T09:00:00Z',
          businessNumber: '+12025550199',
          clientAddress,
          Id,
          text
        })
      ),
      new Date('2026-11-30T09:00:01Z')
    ) ?? []
  await projectorOf(pool)(
    [
      message('m1', '\u202a+1 (202) 555\u20110111\u202c', DECOMPOSED),
      message('m2', '+12025550222', '\u6771\u4eac'),
      message('m3', '0000000000', 'no number')
    ].flat()
  )
  const { get } = await queryApi(t, pool, () => new Date())
  const found = async (query: Record<string, string>) =>
    (await get(`/v1/messages?${new URLSearchParams(query)}`))
      .json<{ data: { id: string; client: { number: string } }[] }>()
      .data.map(({ id, client }) => `${id} ${client.number}`)
  for (const text of PASTED) {
    t.strictSame(await found({ client: text }), [`m1 ${NUMBER}`], `client=${JSON.stringify(text)}`)
    t.strictSame(await found({ q: text }), [`m1 ${NUMBER}`], `q=${JSON.stringify(text)}`)
  }
  t.strictSame(await found({ q: 'Caf\u00e9' }), [`m1 ${NUMBER}`])
  t.strictSame(await found({ q: '\u6771\u4eac' }), ['m2 +12025550222'])
  t.strictSame(await found({ client: '0000000000' }), ['m3 0000000000'])
})

t.test('a call is found by its GUID in any casing', async t => {
  const { pool } = await freshDatabase(t)
  const id = '7df52a62-9db2-48cd-9ae4-7dec8203d822'
  const [started, completed] = history('IncomingCall > IncomingCallCompleted', { id: id.toUpperCase() })
  const [ringing] = history('IncomingCallRinging(101)@5', { id })
  await projectorOf(pool)([started, ringing, completed].flatMap(event => event ?? []))
  const { get } = await queryApi(t, pool, () => new Date())
  for (const text of [id, id.toUpperCase()])
    t.match((await get(`/v1/calls/${text}`)).json(), { id, outcome: 'missed', sources: { webhook: 3 } })
})

async function sorted(found: Promise<string[] | number>): Promise<string[] | number> {
  const ids = await found
  return typeof ids === 'number' ? ids : ids.sort()
}
