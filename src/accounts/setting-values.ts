import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { isTimeZone } from '../lib/local-day.js'

/** What can be set of an account at run time. */
export const settingsSchema = Type.Object({
  timeZone: Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'By its IANA name. Days of reports and statistics are those of this zone.'
  }),
  clock: Type.Enum(['12h', '24h'], { description: 'How times are shown to people.' }),
  serviceLevelSeconds: Type.Integer({
    minimum: 1,
    maximum: 3600,
    description: 'An inbound call should be answered within so many.'
  }),
  serviceLevelPercent: Type.Integer({
    minimum: 1,
    maximum: 100,
    description: 'The target: so many of 100 inbound calls.'
  }),
  droppedUnderSeconds: Type.Integer({
    minimum: 0,
    maximum: 60,
    description: 'An inbound call that ended unanswered sooner is counted apart, as dropped. 0: none is.'
  })
})

export type Settings = Static<typeof settingsSchema>
export type SettingName = keyof Settings

// Object.keys forgets the literal types
export const SETTING_NAMES = Object.keys(settingsSchema.properties) as SettingName[]

/** Until something else is set; the time zone is that of the configuration. */
export const DEFAULT_SETTINGS: Omit<Settings, 'timeZone'> = {
  clock: '24h',
  serviceLevelSeconds: 20,
  serviceLevelPercent: 80,
  droppedUnderSeconds: 4
}

/** The settings among the rows of an account; what a newer version has set, and this one does not know, is left out. */
export function settingsIn(rows: readonly { name: string; value: unknown }[]): Partial<Settings> {
  return Object.fromEntries(rows.flatMap(({ name, value }) => (isSetting(name, value) ? [[name, value]] : [])))
}

function isSetting(name: string, value: unknown): boolean {
  return (
    Object.hasOwn(settingsSchema.properties, name) &&
    Value.Check(settingsSchema.properties[name as SettingName], value) && // it has just been asked
    (name !== 'timeZone' || isTimeZone(String(value)))
  )
}
