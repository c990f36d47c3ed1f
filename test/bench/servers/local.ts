// The role receive over the local log, wired as in app/service.ts. The service itself can run this role only together
// with project and query, which would be measured too: without Kafka the roles cannot be split.
import { loadAccounts } from '../../../src/accounts/accounts.js'
import { loadConfig } from '../../../src/config/config.js'
import { openLog } from '../../../src/event-log/open-log.js'
import { createHttp } from '../../../src/http/server.js'
import { createLogger } from '../../../src/observability/logger.js'
import { createMetrics } from '../../../src/observability/metrics.js'
import { serveReceive } from '../../../src/receive/start.js'
import { serve } from './serve.js'

const config = loadConfig(process.env)
const logger = createLogger({ level: 'warn' }) // the level that app/service.ts uses for HTTP
const { log } = await openLog(config, logger)
const accounts = loadAccounts(config, config.webhookTokens)
const app = createHttp({ logger: logger.child({ stage: 'http' }), trustProxy: config.trustProxy })
await serveReceive(app, { log, metrics: createMetrics(), now: () => new Date(), accounts: () => accounts })
await serve(app)
