import type { Event } from '../../src/events/event.js'
import { encodeEvent } from '../../src/events/record.js'
import { TOPICS } from '../../src/events/topics.js'
import { keywordsOf } from './configuration.js'
import { type EventSchema, eventSchemaFiles } from './schemas.js'

/** AsyncAPI 3.0: the topics are its channels, the events its messages. */
export function asyncApi(): object {
  const events = eventSchemaFiles()
  const prefix = keywordsOf('KAFKA_TOPIC_PREFIX').default
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'mightycall-stream',
      version: '1',
      description:
        'The Kafka topics that mightycall-stream writes. KAFKA_TOPIC_PREFIX replaces the first part of their names, ' +
        `"${prefix}". Delivery is at least once: de-duplicate by ce_id.`
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      TOPICS.map(topic => [
        topic,
        {
          address: `${prefix}.${topic}`,
          messages: Object.fromEntries(
            events
              .filter(({ type }) => topicOfType(type) === topic)
              .map(({ type }) => [type, { $ref: `#/components/messages/${type}` }])
          )
        }
      ])
    ),
    operations: Object.fromEntries(
      TOPICS.map(topic => [`write-${topic}`, { action: 'send', channel: { $ref: `#/channels/${topic}` } }])
    ),
    components: {
      messages: Object.fromEntries(events.map(event => [event.type, message(event)])),
      schemas: { headers: headers() }
    }
  }
}

function message({ type, description, path }: EventSchema): object {
  return {
    name: type,
    summary: description,
    headers: { $ref: '#/components/schemas/headers' },
    payload: { $ref: path.replace('docs', '.') },
    bindings: { kafka: { key: { type: 'string', description: 'account:entity' } } }
  }
}

/** The headers that the encoder writes, read from an encoded event so that none is missing. */
function headers(): object {
  const names = Object.keys(encodeEvent(sampleOf('unclassified')).headers)
  return {
    type: 'object',
    required: names,
    properties: Object.fromEntries(names.map(name => [name, { type: 'string' }]))
  }
}

function topicOfType(type: Event['type']): string {
  return encodeEvent(sampleOf(type)).topic
}

function sampleOf(type: Event['type']): Event {
  // the encoder reads nothing else of an event
  return { type, account: 'default', id: 'id', callId: 'call', source: 'webhook' } as Event
}
