import t, { type Test } from 'tap'
import type { CallEvent } from '../../../src/events/call.js'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { call, calls, makeCall } from '../../../src/mightycall/rest/routes/calls.js'
import { journal } from '../../../src/mightycall/rest/routes/journal.js'
import { sendMessage } from '../../../src/mightycall/rest/routes/messages.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { foldCall } from '../../../src/project/models/calls/fold.js'
import { eventually } from '../../support/eventually.js'
import { startMightyCallApi } from '../../support/mightycall-api.js'
import { simulatedRest } from '../../support/simulated-mightycall.js'

/** Starts a simulated account that posts its webhooks to a server, which records them. */
async function accountWithWebhooks(t: Test, family: 'classic' | 'contact-center') {
  const hook = await startMightyCallApi(t)
  const simulated = await simulatedRest(t, {
    companyOptions: { family, calls: 5 },
    webhookUrl: new URL(`${hook.url}/hook`)
  })
  const eventsOf = (id: string) =>
    hook.seen
      .flatMap(({ body }) => parseNotification(simulated.account, Buffer.from(body), simulated.clock.now()) ?? [])
      .filter((event): event is CallEvent => 'callId' in event && event.callId === id)
  const numbers = simulated
    .truth()
    .numbers.filter(({ isActive }) => isActive === true)
    .map(({ number }) => String(number))
  return { ...simulated, eventsOf, numbers }
}

for (const family of ['classic', 'contact-center'] as const) {
  t.test(
    `a placed call of a ${family} account is in the ground truth and the webhooks, and in REST after its end`,
    async t => {
      const {
        client,
        clock,
        truth,
        eventsOf,
        numbers: [from = ''],
        webhooks
      } = await accountWithWebhooks(t, family)
      for (const to of ['+15552100000', '+15552100001', '+15552100002', '+15552100003', '+15552100004']) {
        const {
          body: { id, businessNumber }
        } = await client.send(makeCall, { body: { from, to } }, 'action')
        t.equal(businessNumber, from)
        const trueCall = () => truth().calls.find(call => call.id === id)
        t.match(
          trueCall(),
          {
            direction: 'outbound',
            clientNumber: to,
            endedAt: null,
            shownAt: null,
            legs: [{ extension: '101', role: 'dialer' }]
          },
          'the call has started'
        )
        await t.rejects(
          client.send(call, { path: { id } }, 'sync'),
          { code: 'MCS_REST_NOT_FOUND' },
          'REST does not report it yet'
        )
        clock.set(clock.now().getTime() + HOUR_MS)
        const { webhookEvents, outcome, startedAt, endedAt, answeredAt } = trueCall() ?? {}
        await eventually('all of its webhooks are posted', () => eventsOf(id).length === webhookEvents)
        t.match(foldCall(eventsOf(id)), {
          direction: 'outbound',
          state: 'ended',
          businessNumber: from,
          clientNumber: to,
          startedAt,
          endedAt,
          answeredAt,
          answeredBy: answeredAt === null ? null : '101'
        })
        t.equal(outcome === 'answered', answeredAt !== null)
        t.match((await client.send(call, { path: { id } }, 'sync')).body, {
          id,
          businessNumber: from,
          direction: 'Outgoing',
          dateTimeUtc: new Date(Number(startedAt))
        })
        t.ok((await client.send(calls, { query: {} }, 'sync')).body.calls.some(row => row.id === id))
        t.ok(
          (await client.send(journal, { query: { pageSize: 1000 } }, 'sync')).body.requests.some(
            row => row.requestGuid === id
          )
        )
      }
      t.equal(webhooks()?.dropped, 0)
    }
  )
}

t.test('a colleague is called by extension, and a call from a foreign number is refused', async t => {
  const {
    client,
    clock,
    truth,
    get,
    apiKey,
    userKeys,
    numbers: [from = '']
  } = await accountWithWebhooks(t, 'classic')
  await t.rejects(client.send(makeCall, { body: { from: '+15559999999', to: '+15552100000' } }, 'action'), {
    code: 'MCS_REST_REFUSED'
  })
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: apiKey,
    client_secret: userKeys[101] ?? ''
  })
  const { access_token } = (
    await get('/v4/auth/token', { method: 'POST', headers: { 'x-api-key': apiKey }, body: form })
  ).json()
  const headers = { authorization: `Bearer ${access_token}`, 'x-api-key': apiKey, 'content-type': 'application/json' }
  const { json } = await get('/v4/api/calls/makecall', {
    method: 'POST',
    headers,
    body: JSON.stringify({ from: from.replace('+1555', '+1 555'), to: '102' })
  })
  clock.set(clock.now().getTime() + HOUR_MS)
  t.match(
    truth().calls.find(({ id }) => id === json().data.id),
    { direction: 'internal', scenario: 'colleague', legs: [{ extension: '101' }, { extension: '102' }] }
  )
})

t.test('a sent message is in the journal and in the ground truth', async t => {
  const { client, truth } = await accountWithWebhooks(t, 'classic')
  const from = String(
    truth().numbers.find(({ smsEnabled, isActive }) => smsEnabled === true && isActive === true)?.number
  )
  await client.send(sendMessage, { body: { from, to: ['+15552100000', '+15552100001'], message: 'see you' } }, 'action')
  const { body } = await client.send(journal, { query: { type: ['Message'], phone: ['+15552100001'] } }, 'sync')
  t.match(body.requests, [
    {
      text: 'see you',
      origin: 'Outbound',
      agent: { extension: '101' },
      messageDeliveryStatus: 'Sent',
      client: { address: '+15552100001' }
    }
  ])
  t.match(truth().messages.slice(-2), [
    { clientNumber: '+15552100000', text: 'see you' },
    { clientNumber: '+15552100001', messageId: body.requests[0]?.id }
  ])
})
