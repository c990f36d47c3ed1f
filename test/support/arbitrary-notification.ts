import fc from 'fast-check'
import { DOCUMENTED_API_KEY, DOCUMENTED_NOTIFICATIONS } from './documented-notifications.js'

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
const TYPES = [...DOCUMENTED_NOTIFICATIONS.map(({ EventType }) => EventType), ...UNDOCUMENTED]

/** Generates text that a parser could mistake for a number, an instant, a name or a key. */
const text = () =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 120 }),
    fc.constantFrom(
      ...TYPES,
      DOCUMENTED_API_KEY,
      DOCUMENTED_API_KEY.toUpperCase(),
      `x${DOCUMENTED_API_KEY}x`,
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
      .map(([year, month, day, zone]) => `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T23:59:59${zone}`)
  )

const padded = (value: number, digits: number) => String(value).padStart(digits, '0')

/**
 * Generates JSON text that contains the names and values of notifications. It is assembled as text because JavaScript
 * objects cannot have an own `__proto__` from a literal, or duplicate names.
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

/** Generates documented notifications with some members replaced; most of them still parse as calls. */
const almostDocumented = () =>
  fc
    .tuple(
      fc.constantFrom(...DOCUMENTED_NOTIFICATIONS),
      fc.dictionary(fc.constantFrom('From', 'To', 'Id', 'Extension'), json, { maxKeys: 3 }),
      fc.dictionary(fc.constantFrom('Guid', 'ApiKey', 'Timestamp', 'EventType', 'CallId', 'Extra'), json, {
        maxKeys: 2
      })
    )
    .map(([documented, inner, outer]) => {
      const body = { ...quoted(documented.Body), ...inner }
      return objectOf({ ...quoted(documented), Body: objectOf(body), ...outer })
    })

/** Generates messages and presence changes with some members replaced; most of them still parse. */
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

/** Generates documented notifications with some bytes changed, inserted or removed. */
const mutated = () =>
  fc
    .tuple(
      fc.constantFrom(...DOCUMENTED_NOTIFICATIONS),
      fc.array(fc.tuple(fc.nat(400), fc.nat(3), fc.uint8Array({ maxLength: 4 })), { maxLength: 5 })
    )
    .map(([documented, edits]) =>
      edits.reduce(
        (bytes, [at, removedBytes, added]) =>
          Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removedBytes)]),
        Buffer.from(JSON.stringify(documented))
      )
    )

/** Generates request bodies that a sender with a valid token could post, well-formed or not. */
export const arbitraryBody = (): fc.Arbitrary<Buffer> =>
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
