import { type EventType, eventSchemas } from '../../src/events/event.js'
import { schemaId } from '../../src/events/record.js'

export interface EventSchema {
  type: EventType
  description: string
  /** In the repository. */
  path: string
  schema: object
}

/** A JSON Schema for the value of every event's record. */
export function eventSchemaFiles(): EventSchema[] {
  return eventSchemas.map(schema => {
    const type = schema.properties.type.const
    const { description } = schema as { description?: string } // TypeBox keeps what it was given, without a type for it
    return {
      type,
      description: description ?? '',
      path: `docs/schemas/${type}.json`,
      schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: schemaId(type), ...schema }
    }
  })
}
