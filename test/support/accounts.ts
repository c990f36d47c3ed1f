import { renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DOCUMENTED_NOTIFICATIONS } from './documented-notifications.js'
import { eventually } from './eventually.js'
import { queryEmbedded } from './query-embedded.js'
import { randomSecrets, startServiceProcess } from './service.js'
import type { Teardown } from './teardown.js'
import { tempDir } from './temp-dir.js'

export const webhookTokens = {
  acme: randomSecrets().WEBHOOK_TOKENS,
  globex: randomSecrets().WEBHOOK_TOKENS,
  initech: randomSecrets().WEBHOOK_TOKENS
}
export const [ACME_API_KEY, GLOBEX_API_KEY] = ['the-api-key-of-acme', 'the-api-key-of-globex']
export const ACME = { id: 'acme', tokens: [webhookTokens.acme], apiKey: ACME_API_KEY }
export const GLOBEX = { id: 'globex', tokens: [webhookTokens.globex], apiKey: GLOBEX_API_KEY, defaultRegion: 'GB' }
export const INITECH = { id: 'initech', tokens: [webhookTokens.initech] }

/**
 * Starts the service with the accounts acme and globex, and returns functions that post to it and reload its accounts.
 */
export async function startWithAccounts(t: Teardown) {
  const DATA_DIR = tempDir(t)
  const ACCOUNTS_FILE = path.join(tempDir(t), 'accounts.json')
  const write = (content: unknown) => {
    writeFileSync(`${ACCOUNTS_FILE}.new`, typeof content === 'string' ? content : JSON.stringify(content))
    renameSync(`${ACCOUNTS_FILE}.new`, ACCOUNTS_FILE)
  }
  write([ACME, GLOBEX])
  const service = await startServiceProcess(t, { DATA_DIR, ACCOUNTS_FILE })
  const post = async (account: keyof typeof webhookTokens, notification: object) =>
    (
      await fetch(`${service.url}/webhooks/mightycall/${webhookTokens[account]}`, {
        method: 'POST',
        body: JSON.stringify(notification)
      })
    ).status
  /** Replaces the accounts file, sends SIGHUP and waits for the expected log line. */
  const reload = async (content: unknown, expectedLog: RegExp) => {
    write(content)
    const outputLength = service.output().length
    service.child.kill('SIGHUP')
    await eventually('the accounts file is reloaded', () => expectedLog.test(service.output().slice(outputLength)))
  }
  return { service, post, reload, query: <Row extends object>(sql: string) => queryEmbedded<Row>(DATA_DIR, sql) }
}

/** Returns the notifications of one inbound call with the API key of an account. */
export const callNotifications = (apiKey: string, changes: object = {}) =>
  DOCUMENTED_NOTIFICATIONS.slice(0, 5).map(notification => ({
    ...notification,
    ApiKey: apiKey,
    Body: { ...notification.Body, ...changes }
  }))
