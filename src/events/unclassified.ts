import Type, { type Static } from 'typebox'
import { envelope, MAX_NAME_LENGTH, original } from './envelope.js'

/** Why an authenticated notification could not be classified. */
export const UNCLASSIFIED_REASONS = [
  'unknown-type',
  'no-call-id',
  'call-id-too-long',
  'incomplete',
  'not-json',
  'not-an-object',
  'too-deep',
  'api-key-mismatch'
] as const
export type UnclassifiedReason = (typeof UNCLASSIFIED_REASONS)[number]

const description = 'An authenticated request that is not a known event. It is kept whole, to be classified later.'

export const unclassifiedEvent = Type.Object(
  {
    ...envelope('unclassified', description),
    reason: Type.Enum(UNCLASSIFIED_REASONS, { description: 'Why it could not be classified.' }),
    eventType: Type.Union([Type.String({ maxLength: MAX_NAME_LENGTH }), Type.Null()], {
      description: 'The EventType it carried, if any.'
    }),
    ...original
  },
  { title: 'unclassified', description }
)

export type UnclassifiedEvent = Static<typeof unclassifiedEvent>
