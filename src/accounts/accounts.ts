import type { CountryCode } from 'libphonenumber-js/min'
import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { raiseAlarm } from '../observability/alarms.js'
import { type AccountEntry, BASE_URLS, DEFAULT_KIND, readAccountsFile } from './accounts-file.js'

/** One MightyCall account. Frozen; a reload brings new ones. */
export interface Account {
  readonly id: string
  /** Of its webhook URL. Two are live while one replaces the other. */
  readonly tokens: readonly string[]
  readonly apiKey: string | null
  /** By extension. */
  readonly userKeys: Readonly<Record<string, string>>
  readonly kind: 'classic' | 'contact-center'
  /** Without a slash at its end. */
  readonly baseUrl: string
  /** By its IANA name. */
  readonly timeZone: string
  /** Where a number without a country code is. */
  readonly region: CountryCode
}

/**
 * What the other stages ask about an account. Of one that is not, or no longer, configured it is what TIME_ZONE and
 * DEFAULT_REGION say.
 */
export interface AccountSettings {
  timeZoneOf: (account: string) => string
  regionOf: (account: string) => CountryCode
}

export interface Accounts extends AccountSettings {
  /** The same array until they are replaced. */
  all: () => readonly Account[]
  byId: (id: string) => Account | undefined
  /** The distinct regions of these accounts, or of all. */
  regionsOf: (ids?: readonly string[]) => CountryCode[]
  replace: (accounts: readonly Account[]) => void
}

/** The account that the variables of the configuration describe. */
export const DEFAULT_ACCOUNT = 'default'

type Defaults = Pick<Config, 'timeZone' | 'region'>

/** The accounts of this process, which a reload replaces all at once: ask again for each request. */
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
    regionsOf: ids => [...new Set(ids ? ids.map(regionOf) : all.map(account => account.region))]
  }
}

/**
 * The accounts of ACCOUNTS_FILE, and `default` if it has tokens. Without the file there is `default` alone.
 * @param webhookTokens  of `default`
 * @throws ConfigError   names every bad place of the file by its JSON path, never what stands there
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
 * Replaces the accounts by those that `load` finds. When it throws, they stay as they are, with an alarm.
 * @returns the ids of those that are gone
 */
export function reloadAccounts(accounts: Accounts, load: () => readonly Account[], logger: Logger): string[] {
  const before = accounts.all().map(account => account.id)
  try {
    accounts.replace(load())
  } catch (err) {
    raiseAlarm(
      logger,
      { alarm: 'accounts-reload-failed', err, accounts: before.length },
      'the accounts could not be read again: they stay as they were'
    )
    return []
  }
  const now = accounts.all().map(account => account.id)
  const removed = before.filter(id => !now.includes(id))
  logger.info(
    { accounts: now.length, added: now.filter(id => !before.includes(id)), removed },
    'the accounts were read again'
  )
  return removed
}

/** Whether MightyCall can be asked anything of it. */
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
    // a country unknown to the library reads no number, which is harmless
    region: (entry.defaultRegion as CountryCode | undefined) ?? region
  })
}
