import { ALARMS } from '../../src/observability/alarms.js'
import { notice, table } from './markdown.js'

const ABOUT = { event: 'an event', process: 'a process', system: 'the system' }

/** docs/alarms.md */
export function alarmsPage(): string {
  return `# Alarms

${notice('src/observability/alarms.ts')}

An alarm is a log line at level error with the member \`alarm\`. The metric \`mcs_alarms_total\` counts alarms by name,
\`mcs_alarm_last_timestamp_seconds\` is the time of the last one, and \`GET /v1/system\` lists those of all
processes until they are resolved. An alarm is about a single event, or about a condition of the process or of the whole
system; a condition ends by itself. Names never change.

${table(
  ['Alarm', 'About', 'Cause', 'What to do'],
  Object.entries(ALARMS).map(([name, { scope, cause, action }]) => [`\`${name}\``, ABOUT[scope], cause, action])
)}
`
}
