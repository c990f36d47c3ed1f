import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { isTimeZone } from '../lib/local-day.js'

/** The settings of an account that can be changed at run time. */
export const settingsSchema = Type.Object({
  timeZone: Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'An IANA name. Days of reports and statistics are days of this time zone.'
  }),
  clock: Type.Enum(['12h', '24h'], { description: 'How times are shown to people.' }),
  serviceLevelSeconds: Type.Integer({
    minimum: 1,
    maximum: 3600,
    description: 'The number of seconds within which an inbound call should be answered.'
  }),
  serviceLevelPercent: Type.Integer({
    minimum: 1,
    maximum: 100,
    description: 'The target: the percentage of inbound calls that should be answered in time.'
  }),
  droppedUnderSeconds: Type.Integer({
    minimum: 0,
    maximum: 60,
    description: 'Inbound calls that end unanswered sooner are counted separately, as dropped. 0 for none.'
  })
})

export type Settings = Static<typeof settingsSchema>
export type SettingName = keyof Settings

// Object.keys does not keep the literal types
export const SETTING_NAMES = Object.keys(settingsSchema.properties) as SettingName[]

/** The settings of an account for which nothing was set. The time zone comes from the configuration. */
export const DEFAULT_SETTINGS: Omit<Settings, 'timeZone'> = {
  clock: '24h',
  serviceLevelSeconds: 20,
  serviceLevelPercent: 80,
  droppedUnderSeconds: 4
}

/** Returns the settings in the rows of an account, without those that only a newer version of the service knows. */
export function settingsIn(rows: readonly { name: string; value: unknown }[]): Partial<Settings> {
  return Object.fromEntries(rows.flatMap(({ name, value }) => (isSetting(name, value) ? [[name, value]] : [])))
}

function isSetting(name: string, value: unknown): boolean {
  return (
    Object.hasOwn(settingsSchema.properties, name) &&
    Value.Check(settingsSchema.properties[name as SettingName], value) && // hasOwn was checked
    (name !== 'timeZone' || isTimeZone(String(value)))
  )
}
