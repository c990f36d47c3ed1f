/** The schema of the object of each kind of event. */
const OBJECTS = {
  agent: 'Agent',
  call: 'Call',
  gap: 'Gap',
  health: 'Readiness',
  message: 'Message',
  voicemail: 'Voicemail'
}

const revision = { type: 'integer', minimum: 0, description: 'A higher revision of an object replaces a lower one.' }
const id = { type: 'string', description: 'The id of the event, for Last-Event-ID.' }

/**
 * The schema of the events of /v1/live, which refers to the schemas of the lists.
 * @param schemas  the schemas of the document; kinds of events whose schema is missing are left out
 */
export function liveEventSchema(schemas: object): object {
  const kinds = Object.entries(OBJECTS).filter(([, name]) => name in schemas)
  return {
    description: 'An event of the stream. In the stream, `data` is one line of JSON.',
    oneOf: [
      ...kinds.map(([kind, name]) => changed(kind, name)),
      event('reset', { description: 'Load the lists again.', required: ['revision'], properties: { revision } }, 'id'),
      event('beat', {
        description: 'Sent on connection and every 15 s. It has no id of its own.',
        required: ['at', 'revision', 'incomplete'],
        properties: {
          at: { type: 'string', format: 'date-time', description: 'The time of the service.' },
          revision: { ...revision, description: 'The client has received everything up to this revision.' },
          incomplete: {
            type: 'boolean',
            description: 'Whether something of the last day is known to be missing in the accounts of the stream.'
          }
        }
      }),
      event(
        'dropped',
        {
          description: 'Why the server ends the stream.',
          required: ['code', 'message'],
          properties: { code: { type: 'string' }, message: { type: 'string' } }
        },
        'id of a new client'
      )
    ]
  }
}

function changed(kind: string, name: string): object {
  const object = { $ref: `#/components/schemas/${name}` }
  if (kind === 'health') return event(kind, { required: ['revision', 'object'], properties: { revision, object } })
  return event(
    kind,
    {
      required: ['revision', 'object'],
      properties: {
        revision,
        object: { anyOf: [object, { type: 'null' }], description: '`null` when it was deleted.' },
        account: { type: 'string', description: 'The account of a deleted object.' },
        id: { type: 'string', description: 'The id of a deleted object.' }
      }
    },
    'id'
  )
}

function event(name: string, data: object, ids: 'id' | 'id of a new client' | 'no id' = 'no id'): object {
  return {
    title: `${name} event`,
    type: 'object',
    required: [...(ids === 'id' ? ['id'] : []), 'event', 'data'],
    properties: {
      ...(ids !== 'no id' && { id }),
      event: { type: 'string', enum: [name] },
      data: { type: 'object', ...data }
    }
  }
}
