import type { Test } from 'tap'
import {
  BUSINESS_NUMBER,
  CALLBACK,
  CLIENT_NUMBER,
  DOCUMENTED_API_KEY,
  DOCUMENTED_NOTIFICATIONS,
  INBOUND,
  OUTBOUND
} from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import type { RunningService } from '../support/service.js'

/** The documented inbound call, as the API must return it. */
const INBOUND_CALL = {
  account: 'default',
  id: INBOUND,
  direction: 'inbound',
  state: 'ended',
  outcome: 'answered',
  businessNumber: BUSINESS_NUMBER,
  client: { number: CLIENT_NUMBER, name: null },
  startedAt: '2017-05-25T08:58:10.514Z',
  answeredAt: '2017-05-25T08:58:20.514Z',
  endedAt: '2017-05-25T08:59:10.514Z',
  waitSeconds: 10,
  talkSeconds: 50,
  answeredBy: '103',
  currentExtensions: [],
  lostInTransfer: false,
  stale: false,
  callback: null,
  recording: null,
  legs: [
    {
      extension: '103',
      attempt: 1,
      role: 'agent',
      ringingAt: '2017-05-25T08:58:15.514Z',
      connectedAt: '2017-05-25T08:58:20.514Z',
      endedAt: '2017-05-25T08:59:10.514Z',
      result: 'answered'
    }
  ],
  sources: { webhook: 5, rest: 0 }
}

interface Page {
  data: { id: string; state: string; sources: { webhook: number } }[]
}

/** Posts the documented notifications twice and in reverse order, as MightyCall may, and reads the calls back. */
export async function postsAndReads(t: Test, service: RunningService): Promise<void> {
  for (const notification of [...DOCUMENTED_NOTIFICATIONS, ...DOCUMENTED_NOTIFICATIONS].reverse())
    t.equal(await service.post(notification), 200)
  await untilAllProjected(service)
  const { data } = (await service.get('/v1/calls')) as Page
  t.strictSame(data.map(call => call.id).sort(), [INBOUND, OUTBOUND, CALLBACK].sort(), 'three calls')
  t.strictSame(await service.get(`/v1/calls/${INBOUND}`), INBOUND_CALL)
  t.match(await service.get(`/v1/calls/${OUTBOUND}`), {
    direction: 'outbound',
    outcome: 'answered',
    answeredBy: '101',
    waitSeconds: 10,
    talkSeconds: 30,
    legs: [{ role: 'dialer' }]
  })
  t.match(await service.get(`/v1/calls/${CALLBACK}`), {
    direction: 'callback',
    outcome: 'answered',
    answeredBy: '104',
    waitSeconds: 10,
    talkSeconds: 50
  })
}

/** Resolves when all 13 distinct events are projected into calls. */
export async function untilAllProjected(service: RunningService): Promise<void> {
  await eventually(
    '13 events are projected',
    async () => {
      const { data } = (await service.get('/v1/calls')) as Page
      return data.reduce((sum, call) => sum + call.sources.webhook, 0) === 13
    },
    15_000
  )
}

/** Asserts that the output of the service contains no secret and no phone number. */
export function assertOutputHasNoSecrets(t: Test, service: RunningService): void {
  const output = service.output().toLowerCase()
  t.ok(output.length > 0, 'the service printed something')
  for (const secret of [
    DOCUMENTED_API_KEY,
    service.token,
    service.adminKey,
    BUSINESS_NUMBER,
    CLIENT_NUMBER,
    BUSINESS_NUMBER.slice(1),
    CLIENT_NUMBER.slice(1)
  ]) {
    t.notOk(output.includes(secret.toLowerCase()), 'the output contains no secret and no number')
  }
}
