import fc from 'fast-check'
import { API_KEY, DOCUMENTED } from './documented.js'

const NAMES = [
  'Body',
  'body',
  'From',
  'To',
  'Id',
  'id',
  'CallId',
  'callid',
  'Extension',
  'Guid',
  'ApiKey',
  'apikey',
  'API-Key',
  'Timestamp',
  'EventType',
  'eventtype',
  'CallDuration',
  'RecordingLink',
  'recordingId',
  'requestType',
  'requestGuid',
  'messageOrigin',
  'businessNumber',
  'clientAddress',
  'text',
  'attachments',
  'Status',
  'Queue',
  '__proto__',
  'constructor',
  'toString',
  'toJSON',
  'length'
]
const UNDOCUMENTED = [
  'OutgoingCallAgentDialing',
  'IncomingCallAgentCompleted',
  'MessageReceived',
  'SmsMms',
  'AgentStatusChanged',
  'CallHeld'
]
const TYPES = [...DOCUMENTED.map(({ EventType }) => EventType), ...UNDOCUMENTED]

/** A text that somebody might take for a number, an instant, a name or a key. */
const text = () =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 120 }),
    fc.constantFrom(
      ...TYPES,
      API_KEY,
      API_KEY.toUpperCase(),
      `x${API_KEY}x`,
      '+15559371200',
      '(555) 937-1200',
      '103',
      '',
      ' ',
      '\u0000',
      '\ud800',
      'c-1',
      'c-2',
      '00:02:05',
      'https://media.mightycall.com/a.mp3?x=1',
      'https:/',
      'Message',
      'Inbound',
      'available',
      'DND',
      `${'9'.repeat(25)}`,
      '+0000000000'
    ),
    instant()
  )

const instant = () =>
  fc.oneof(
    fc.date({ noInvalidDate: true }).map(date => date.toISOString()),
    fc
      .tuple(
        fc.integer({ min: 0, max: 9999 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        fc.constantFrom('Z', '+23:59', '-23:59', '', '.1234567Z', 'z')
      )
      .map(
        ([year, month, day, zone]) =>
          `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T23:59:59${zone}`
      )
  )

/**
 * Any JSON text, with the names and values of notifications among its own. Written by hand, since `__proto__` and
 * doubled names are no objects' way.
 */
const { json } = fc.letrec<{ json: string }>(tie => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(text(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null)).map(value => JSON.stringify(value)),
    fc.constantFrom('1e999', '9007199254740993', '-0', '1e15', '0.1e-400'),
    fc.array(tie('json'), { maxLength: 3 }).map(items => `[${items.join(',')}]`),
    members(tie('json'))
  )
}))

function members(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const member = fc.tuple(
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: text() }),
    value
  )
  return fc
    .array(member, { maxLength: 8 })
    .map(list => `{${list.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`)
}

/** A documented notification of which some members are others, so that most are calls. */
const almostDocumented = () =>
  fc
    .tuple(
      fc.constantFrom(...DOCUMENTED),
      fc.dictionary(fc.constantFrom('From', 'To', 'Id', 'Extension'), json, { maxKeys: 3 }),
      fc.dictionary(fc.constantFrom('Guid', 'ApiKey', 'Timestamp', 'EventType', 'CallId', 'Extra'), json, {
        maxKeys: 2
      })
    )
    .map(([documented, inner, outer]) => {
      const body = { ...quoted(documented.Body), ...inner }
      return objectOf({ ...quoted(documented), Body: objectOf(body), ...outer })
    })

/** A message or a presence of which some members are others, so that most are read. */
const almostUndocumented = () =>
  fc
    .tuple(
      fc.constantFrom(
        {
          EventType: 'MessageReceived',
          Id: '0123456789abcdef01234567',
          businessNumber: '+15550347567',
          clientAddress: '+15559371200',
          text: 'Hello'
        },
        { EventType: 'AgentStatusChanged', Extension: '101', Status: 'Available' }
      ),
      fc.dictionary(
        fc.constantFrom(
          'Id',
          'businessNumber',
          'clientAddress',
          'text',
          'attachments',
          'messageOrigin',
          'Extension',
          'Status',
          'Timestamp'
        ),
        json,
        { maxKeys: 2 }
      )
    )
    .map(([body, other]) => objectOf({ ...quoted({ ...body, Timestamp: '2017-05-25T08:58:10Z' }), ...other }))

/** A documented notification with some of its bytes changed, doubled or lost. */
const mutated = () =>
  fc
    .tuple(
      fc.constantFrom(...DOCUMENTED),
      fc.array(fc.tuple(fc.nat(400), fc.nat(3), fc.uint8Array({ maxLength: 4 })), { maxLength: 5 })
    )
    .map(([documented, edits]) =>
      edits.reduce(
        (bytes, [at, lost, added]) => Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + lost)]),
        Buffer.from(JSON.stringify(documented))
      )
    )

/** A body that a sender with a valid token might send, whatever it is. */
export const anyBody = (): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 4, arbitrary: almostDocumented().map(text => Buffer.from(text)) },
    { weight: 2, arbitrary: almostUndocumented().map(text => Buffer.from(text)) },
    { weight: 3, arbitrary: mutated() },
    { weight: 2, arbitrary: members(json).map(text => Buffer.from(text)) },
    { weight: 1, arbitrary: json.map(text => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2000 }).map(bytes => Buffer.from(bytes)) }
  )

function quoted(members: object): Record<string, string> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, JSON.stringify(value)]))
}

function objectOf(members: Record<string, string>): string {
  return `{${Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(',')}}`
}
