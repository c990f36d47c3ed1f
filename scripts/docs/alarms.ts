import { ALARMS } from '../../src/observability/alarms.js'
import { notice, table } from './markdown.js'

/** docs/alarms.md */
export function alarmsPage(): string {
  return `# Alarms

${notice('src/observability/alarms.ts')}

An alarm is a log line at level error with the member \`alarm\`. The metric \`mcs_alarms\` counts alarms by name,
\`mcs_alarm_last_timestamp_seconds\` is the time of the last one, and \`GET /v1/system\` lists them. Names never change.

${table(
  ['Alarm', 'Cause', 'What to do'],
  Object.entries(ALARMS).map(([name, { cause, action }]) => [`\`${name}\``, cause, action])
)}
`
}
