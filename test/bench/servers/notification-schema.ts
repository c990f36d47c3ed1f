/** As MightyCall documents it, for Fastify's own parser and validator. */
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
