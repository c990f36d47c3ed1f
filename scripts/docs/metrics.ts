import { createMetrics } from '../../src/observability/metrics.js'
import type { WebhookResult } from '../../src/receive/webhooks.js'
import { notice, table } from './markdown.js'

/** Describes each value of the label `result`. The type check fails for a new value without a description. */
const RESULTS: Record<WebhookResult, string> = {
  stored: 'an event of a known type is in the log',
  unclassified: 'an event that could not be classified is in the log',
  empty: 'the body was empty; nothing was stored',
  'unknown-token': 'the token is unknown; the response is 404 or 429',
  'not-stored': 'the event could not be stored in the log in time; the response is 503',
  overloaded: 'too many events were waiting for the log; the response is 503, and the body is not read',
  'too-large': 'the body, decoded, is larger than 256 KiB; the response is 413, and nothing is stored',
  'unsupported-encoding': 'the Content-Encoding is unknown or repeated; the response is 415, and nothing is stored'
}

/** docs/metrics.md */
export async function metricsPage(): Promise<string> {
  const metrics = (await registered()).filter(({ name }) => name.startsWith('mcs_'))
  return `# Metrics

${notice('src/observability/metrics.ts')}

\`GET /metrics\` returns the metrics in the text format of Prometheus. It requires the admin key or \`METRICS_KEY\`
(\`Authorization: Bearer <key>\`). Units are base units. Labels never contain a phone number, a token or an id.

${table(
  ['Metric', 'Kind', 'Labels', 'Description'],
  metrics.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map(label => `\`${label}\``).join(', '),
    help
  ])
)}

Values of \`result\`:

${table(
  ['Result', 'Outcome of the request'],
  Object.entries(RESULTS).map(([result, meaning]) => [`\`${result}\``, meaning])
)}

The service also exports the default \`process_*\` and \`nodejs_*\` metrics of prom-client, except
\`nodejs_active_handles_total\`, \`nodejs_active_requests_total\` and \`nodejs_active_resources_total\`, which are
gauges with the suffix of a counter; \`sum(nodejs_active_handles)\` has the same value.

## Renamed

| Before | Now |
| --- | --- |
| \`mcs_alarms\` | \`mcs_alarms_total\` |
`
}

interface Described {
  name: string
  help: string
  type: string
  labels: readonly string[]
}

async function registered(): Promise<Described[]> {
  const { registry } = createMetrics()
  const kinds = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]))
  return registry.getMetricsAsArray().map(metric => {
    // kept by prom-client, but not in its types
    const { labelNames = [] } = metric as { labelNames?: readonly string[] }
    return { name: metric.name, help: metric.help, type: kinds.get(metric.name) ?? '', labels: labelNames }
  })
}
