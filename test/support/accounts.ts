import { renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DOCUMENTED } from './documented.js'
import { queryEmbedded } from './embedded.js'
import { eventually } from './eventually.js'
import { someSecrets, startServiceProcess } from './service.js'
import { tempDir } from './temp-dir.js'

interface Teardown {
  teardown: (fn: () => void | Promise<void>) => void
}

export const tokenOf = {
  acme: someSecrets().WEBHOOK_TOKENS,
  globex: someSecrets().WEBHOOK_TOKENS,
  initech: someSecrets().WEBHOOK_TOKENS
}
export const [KEY, OTHER_KEY] = ['the-api-key-of-acme', 'the-api-key-of-globex']
export const ACME = { id: 'acme', tokens: [tokenOf.acme], apiKey: KEY }
export const GLOBEX = { id: 'globex', tokens: [tokenOf.globex], apiKey: OTHER_KEY, defaultRegion: 'GB' }
export const INITECH = { id: 'initech', tokens: [tokenOf.initech] }

/** The service with acme and globex, and a way to give it other accounts. */
export async function startWithAccounts(t: Teardown) {
  const DATA_DIR = tempDir(t)
  const ACCOUNTS_FILE = path.join(tempDir(t), 'accounts.json')
  const write = (content: unknown) => {
    writeFileSync(`${ACCOUNTS_FILE}.new`, typeof content === 'string' ? content : JSON.stringify(content))
    renameSync(`${ACCOUNTS_FILE}.new`, ACCOUNTS_FILE)
  }
  write([ACME, GLOBEX])
  const service = await startServiceProcess(t, { DATA_DIR, ACCOUNTS_FILE })
  const post = async (account: keyof typeof tokenOf, notification: object) =>
    (
      await fetch(`${service.url}/webhooks/mightycall/${tokenOf[account]}`, {
        method: 'POST',
        body: JSON.stringify(notification)
      })
    ).status
  const reload = async (content: unknown, heard: RegExp) => {
    write(content)
    const said = service.output().length
    service.child.kill('SIGHUP')
    await eventually('the file was read again', () => heard.test(service.output().slice(said)))
  }
  return { service, post, reload, query: <Row extends object>(sql: string) => queryEmbedded<Row>(DATA_DIR, sql) }
}

/** Notifications of one inbound call, as the account would send them. */
export const callOf = (apiKey: string, changes: object = {}) =>
  DOCUMENTED.slice(0, 5).map(notification => ({
    ...notification,
    ApiKey: apiKey,
    Body: { ...notification.Body, ...changes }
  }))
