import { customType, timestamp } from 'drizzle-orm/pg-core'

// Times are timestamptz with milliseconds; durations are seconds; numbers are E.164 where they could be read as such.

export const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
