import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from 'pino'
import { type Service, startService } from '../app/service.js'
import { loadConfig } from '../config/config.js'
import { localLogDir } from '../event-log/open-log.js'
import type { Clock } from '../lib/clock.js'
import { createMetrics } from '../observability/metrics.js'
import { appendHistory } from './demo-history.js'
import { type SimulatedMightyCall, type SimulatedMightyCallOptions, startSimulatedMightyCall } from './http/start.js'

export interface DemoWorldOptions
  extends Pick<SimulatedMightyCallOptions, 'company' | 'webhookFaults' | 'nilGuids' | 'postFrom'> {
  /** The directory for the data of the service. */
  dir: string
  /** The port of the service; must be free. */
  port: number
  clock: Clock
  logger: Logger
  /** Default: an embedded Postgres in `dir`. */
  databaseUrl?: string
}

export interface DemoWorld {
  service: Service
  mightyCall: SimulatedMightyCall
  adminKey: string
  /** The number of events that were appended to the log before the service started. */
  historyEvents: number
  /** Stops the service first, so that it can finish its work, and then the simulated MightyCall. */
  close: () => Promise<void>
}

/**
 * Starts a service and a simulated MightyCall that are connected to each other and share one clock. With `postFrom`,
 * the webhooks of earlier times are in the event log when the service starts.
 */
export async function startDemoWorld({
  dir,
  port,
  clock,
  logger,
  databaseUrl,
  company,
  ...simulated
}: DemoWorldOptions): Promise<DemoWorld> {
  const [token, adminKey] = [secret(), secret()]
  const mightyCall = await startSimulatedMightyCall({
    port: 0,
    clock,
    company,
    webhookUrl: new URL(`http://127.0.0.1:${port}/webhooks/mightycall/${token}`),
    ...simulated
  })
  try {
    const { apiKey, userKeys, baseUrl } = mightyCall
    const file = path.join(dir, 'accounts.json')
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    writeFileSync(
      file,
      JSON.stringify([
        { id: 'default', tokens: [token], apiKey, userKeys, kind: company.family ?? 'classic', baseUrl }
      ]),
      { mode: 0o600 }
    )
    const config = loadConfig({
      PORT: String(port),
      DATA_DIR: path.join(dir, 'data'),
      ACCOUNTS_FILE: file,
      ADMIN_KEY: adminKey,
      DATABASE_URL: databaseUrl
    })
    const account = { id: 'default', region: config.region, apiKey }
    const historyEvents =
      mightyCall.earlier.length > 0
        ? await appendHistory({ dir: localLogDir(config), account, deliveries: mightyCall.earlier })
        : 0
    const service = await startService({ config, logger, metrics: createMetrics(), clock })
    return {
      service,
      mightyCall,
      adminKey,
      historyEvents,
      close: async () => {
        await service.stop(0)
        await mightyCall.close()
      }
    }
  } catch (err) {
    await mightyCall.close()
    throw err
  }
}

const secret = () => randomBytes(32).toString('hex')
