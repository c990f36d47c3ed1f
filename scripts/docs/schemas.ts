import { type EventType, eventSchemas } from '../../src/events/event.js'
import { schemaId } from '../../src/events/record.js'

export interface EventSchema {
  type: EventType
  description: string
  /** The path in the repository. */
  path: string
  schema: object
}

/** The JSON Schema of the record value of every event. */
export function eventSchemaFiles(): EventSchema[] {
  return eventSchemas.map(schema => {
    const type = schema.properties.type.const
    const { description } = schema as { description?: string } // TypeBox keeps keywords that its types do not have
    return {
      type,
      description: description ?? '',
      path: `docs/schemas/${type}.json`,
      schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: schemaId(type), ...schema }
    }
  })
}
