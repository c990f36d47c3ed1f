import { createMetrics } from '../../src/observability/metrics.js'
import type { WebhookResult } from '../../src/receive/webhooks.js'
import { notice, table } from './markdown.js'

/** Each value of the label `result`: a new one does not compile until it is explained here. */
const RESULTS: Record<WebhookResult, string> = {
  stored: 'an event of a known type is in the log',
  unclassified: 'an event that could not be classified is in the log',
  empty: 'the body was empty; nothing was stored',
  'unknown-token': "the token is nobody's; answered 404 or 429",
  'not-stored': 'the log could not take it, or not in time; answered 503',
  overloaded: 'too much was waiting for the log; answered 503, the body unread',
  'too-large': 'more than 256 KiB: answered 413, and not kept'
}

/** docs/metrics.md */
export async function metricsPage(): Promise<string> {
  const metrics = (await registered()).filter(({ name }) => name.startsWith('mcs_'))
  return `# Metrics

${notice('src/observability/metrics.ts')}

\`GET /metrics\` answers in Prometheus' text format, to the admin key or to \`METRICS_KEY\`
(\`Authorization: Bearer <key>\`). Units are base units. Labels never hold a number, a token or an id.

${table(
  ['Metric', 'Kind', 'Labels', 'What it is'],
  metrics.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map(label => `\`${label}\``).join(', '),
    help
  ])
)}

Values of \`result\`:

${table(
  ['Result', 'What became of the request'],
  Object.entries(RESULTS).map(([result, meaning]) => [`\`${result}\``, meaning])
)}

Besides these there are the usual \`process_*\` and \`nodejs_*\` metrics of prom-client.
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
