import { spawnSync } from 'node:child_process'
import t from 'tap'
import { createMetrics } from '../../src/observability/metrics.js'
import { sampleAll } from '../support/metric-samples.js'

const isInstalled = spawnSync('promtool', ['--version']).status === 0
const isRequired = process.env.REQUIRE_PROMTOOL === '1'
const skip = isInstalled || isRequired ? false : 'promtool is not installed: apt-get install prometheus'

t.test('promtool finds nothing to improve in the names of the metrics', { skip }, async t => {
  const metrics = createMetrics()
  sampleAll(metrics)
  const input = await metrics.registry.metrics()
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
  t.strictSame({ status, lines: `${stdout}${stderr}` }, { status: 0, lines: '' })
})
