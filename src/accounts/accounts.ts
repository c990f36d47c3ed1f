import type { CountryCode } from 'libphonenumber-js/min'
import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { raiseAlarm, resolveAlarm } from '../observability/alarms.js'
import { type AccountEntry, BASE_URLS, DEFAULT_KIND, readAccountsFile } from './accounts-file.js'
import { DEFAULT_SETTINGS } from './setting-values.js'

/** One MightyCall account. The object is frozen; a reload creates new objects. */
export interface Account {
  readonly id: string
  /** The tokens of the webhook URL. There are two while one replaces the other. */
  readonly tokens: readonly string[]
  readonly apiKey: string | null
  /** The user keys by extension. */
  readonly userKeys: Readonly<Record<string, string>>
  readonly kind: 'classic' | 'contact-center'
  /** The base URL of the REST API, without a trailing slash. */
  readonly baseUrl: string
  /** An IANA name. */
  readonly timeZone: string
  /** The country of numbers without a country code. */
  readonly region: CountryCode
}

/**
 * The settings of accounts that other stages need. For an account that is not, or no longer, configured, TIME_ZONE and
 * DEFAULT_REGION apply.
 */
export interface AccountSettings {
  timeZoneOf: (account: string) => string
  regionOf: (account: string) => CountryCode
  /** Inbound calls that end unanswered sooner count as dropped. */
  droppedUnderSecondsOf: (account: string) => number
}

export interface Accounts extends AccountSettings {
  /** Returns the same array until the accounts are replaced. */
  all: () => readonly Account[]
  byId: (id: string) => Account | undefined
  /** Returns the distinct regions of these accounts, or of all accounts. */
  regionsOf: (ids?: readonly string[]) => CountryCode[]
  replace: (accounts: readonly Account[]) => void
}

/** The id of the account that environment variables configure. */
const DEFAULT_ACCOUNT = 'default'

type Defaults = Pick<Config, 'timeZone' | 'region'>

/** Holds the accounts of this process. A reload replaces all of them, so look an account up again for each request. */
export function createAccounts(initial: readonly Account[], { timeZone, region }: Defaults): Accounts {
  let all: readonly Account[] = []
  let byId = new Map<string, Account>()
  const regionOf = (id: string) => byId.get(id)?.region ?? region
  function replace(accounts: readonly Account[]): void {
    all = Object.freeze([...accounts])
    byId = new Map(all.map(account => [account.id, account]))
  }
  replace(initial)
  return {
    all: () => all,
    byId: id => byId.get(id),
    replace,
    regionOf,
    timeZoneOf: id => byId.get(id)?.timeZone ?? timeZone,
    droppedUnderSecondsOf: () => DEFAULT_SETTINGS.droppedUnderSeconds,
    regionsOf: ids => [...new Set(ids ? ids.map(regionOf) : all.map(account => account.region))]
  }
}

/**
 * Returns the accounts of ACCOUNTS_FILE, and `default` if it has tokens. Without the file, returns only `default`.
 * @param webhookTokens  the tokens of `default`
 * @throws ConfigError   the message names the JSON path of every invalid value in the file, never the value
 */
export function loadAccounts(config: Config, webhookTokens: readonly string[]): readonly Account[] {
  const { mightycallApiKey: apiKey, mightycallUserKeys: userKeys, mightycallBaseUrl: baseUrl } = config
  const fallback = accountOf(
    {
      id: DEFAULT_ACCOUNT,
      tokens: [...webhookTokens],
      userKeys,
      ...(apiKey !== null && { apiKey }),
      ...(baseUrl !== null && { baseUrl })
    },
    config
  )
  if (config.accountsFile === null) return [fallback]
  const beside = webhookTokens.length > 0 ? [fallback] : []
  const entries = readAccountsFile(
    config.accountsFile,
    beside.length > 0 ? { id: DEFAULT_ACCOUNT, tokens: webhookTokens, from: 'WEBHOOK_TOKENS' } : null
  )
  return [...beside, ...entries.map(entry => accountOf(entry, config))]
}

/**
 * Replaces the accounts by the result of `load`. When `load` throws, keeps the accounts and raises an alarm.
 * @returns the ids of the accounts that were removed
 */
export function reloadAccounts(accounts: Accounts, load: () => readonly Account[], logger: Logger): string[] {
  const before = accounts.all().map(account => account.id)
  try {
    accounts.replace(load())
  } catch (err) {
    raiseAlarm(
      logger,
      { alarm: 'accounts-reload-failed', err, accounts: before.length },
      'the accounts could not be read again and stay unchanged'
    )
    return []
  }
  resolveAlarm(logger, { alarm: 'accounts-reload-failed' })
  const now = accounts.all().map(account => account.id)
  const removed = before.filter(id => !now.includes(id))
  logger.info(
    { accounts: now.length, added: now.filter(id => !before.includes(id)), removed },
    'the accounts were read again'
  )
  return removed
}

/** True when the account has the keys that reading MightyCall's REST API requires. */
export function isReadable({ apiKey, userKeys }: Pick<Account, 'apiKey' | 'userKeys'>): boolean {
  return apiKey !== null && Object.keys(userKeys).length > 0
}

function accountOf(entry: AccountEntry, { timeZone, region }: Defaults): Account {
  const kind = entry.kind ?? DEFAULT_KIND
  return Object.freeze({
    id: entry.id,
    tokens: Object.freeze([...entry.tokens]),
    apiKey: entry.apiKey ?? null,
    userKeys: Object.freeze({ ...entry.userKeys }),
    kind,
    baseUrl: (entry.baseUrl ?? BASE_URLS[kind]).replace(/\/+$/, ''),
    timeZone: entry.timeZone ?? timeZone,
    // with a country unknown to the library, numbers stay as received
    region: (entry.defaultRegion as CountryCode | undefined) ?? region
  })
}
