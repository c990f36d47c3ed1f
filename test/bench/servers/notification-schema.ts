/** The documented schema of a notification, for the parser and validator of Fastify. */
export const NOTIFICATION = {
  type: 'object',
  required: ['EventType', 'Timestamp', 'Body'],
  properties: {
    EventType: { type: 'string' },
    Timestamp: { type: 'string' },
    Guid: { type: 'string' },
    ApiKey: { type: 'string' },
    Body: {
      type: 'object',
      required: ['Id'],
      properties: {
        Id: { type: 'string', minLength: 1, maxLength: 100 },
        From: { type: 'string' },
        To: { type: 'string' },
        Extension: { type: ['string', 'null'] }
      }
    }
  }
}
