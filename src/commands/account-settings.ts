import type pg from 'pg'
import { createAccounts, loadAccounts } from '../accounts/accounts.js'
import type { Config } from '../config/config.js'
import { type LiveSettings, loadSettings } from '../accounts/runtime-settings.js'

/** What the service would know of its accounts: rows that a command folds must be those that the service folds. */
export async function accountSettings (config: Config, pool: pg.Pool): Promise<LiveSettings> {
  return loadSettings(createAccounts(loadAccounts(config, config.webhookTokens), config), pool)
}
