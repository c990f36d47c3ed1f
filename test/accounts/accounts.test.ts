import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createAccounts, loadAccounts, reloadAccounts } from '../../src/accounts/accounts.js'
import { loadConfig } from '../../src/config/config.js'
import { createAlarmJournal } from '../../src/observability/alarm-journal.js'
import { createLogger } from '../../src/observability/logger.js'
import { createMetrics } from '../../src/observability/metrics.js'
import { tempDir } from '../support/temp-dir.js'

const SECRET = 'hunter2'
const [A, B, C] = ['a'.repeat(43), 'b'.repeat(43), 'c'.repeat(256)] as const
const GOOD = { id: 'acme', tokens: [A] }

/** Loads the accounts of an ACCOUNTS_FILE with this content. */
function load(t: Test, content: unknown, environment: Record<string, string> = {}) {
  const file = path.join(tempDir(t), 'accounts.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  const config = loadConfig({ ACCOUNTS_FILE: file, ...environment })
  return loadAccounts(config, config.webhookTokens)
}

t.test('without ACCOUNTS_FILE there is one account, which the environment configures', async t => {
  const config = loadConfig({ MIGHTYCALL_API_KEY: 'the-api-key', TIME_ZONE: 'Europe/London', DEFAULT_REGION: 'GB' })
  t.strictSame(loadAccounts(config, [A, B]), [
    {
      id: 'default',
      tokens: [A, B],
      apiKey: 'the-api-key',
      userKeys: {},
      kind: 'contact-center',
      baseUrl: 'https://ccapi.mightycall.com/v4',
      timeZone: 'Europe/London',
      region: 'GB'
    }
  ])
})

t.test('settings that the file omits come from the environment', async t => {
  const complete = {
    id: 'b-2',
    tokens: [B, C],
    apiKey: 'the-api-key',
    userKeys: { 101: 'a-user-key' },
    kind: 'contact-center',
    baseUrl: 'http://localhost:9000/v4/',
    timeZone: 'Asia/Tokyo',
    defaultRegion: 'JP'
  }
  const accounts = load(t, [GOOD, complete], {
    TIME_ZONE: 'America/New_York',
    DEFAULT_REGION: 'CA',
    MIGHTYCALL_API_KEY: 'of-the-default-account'
  })
  t.strictSame(accounts, [
    {
      id: 'acme',
      tokens: [A],
      apiKey: null,
      userKeys: {},
      kind: 'contact-center',
      baseUrl: 'https://ccapi.mightycall.com/v4',
      timeZone: 'America/New_York',
      region: 'CA'
    },
    {
      id: 'b-2',
      tokens: [B, C],
      apiKey: 'the-api-key',
      userKeys: { 101: 'a-user-key' },
      kind: 'contact-center',
      baseUrl: 'http://localhost:9000/v4',
      timeZone: 'Asia/Tokyo',
      region: 'JP'
    }
  ])
  t.match(load(t, [{ ...GOOD, kind: 'classic' }]), [{ kind: 'classic', baseUrl: 'https://api.mightycall.com/v4' }])
  for (const account of accounts) t.ok([account, account.tokens, account.userKeys].every(Object.isFrozen))
})

t.test('the default account is added to those of the file when WEBHOOK_TOKENS is set', async t => {
  t.strictSame(
    load(t, [GOOD], { WEBHOOK_TOKENS: B }).map(({ id, tokens }) => [id, tokens]),
    [
      ['default', [B]],
      ['acme', [A]]
    ]
  )
  t.strictSame(
    load(t, [{ id: 'default', tokens: [A] }]).map(({ id, tokens }) => [id, tokens]),
    [['default', [A]]]
  )
})

const refusals: [name: string, content: unknown, message: string, environment?: Record<string, string>][] = [
  ['text that is not JSON', `[{"id": "${SECRET}"`, 'it is not JSON'],
  ['an object instead of a list', { [SECRET]: GOOD }, 'it must be a list of at least one account'],
  ['an empty list', [], 'it must be a list of at least one account'],
  [
    'entries that are not objects',
    [SECRET, null, [GOOD]],
    '/0 must be an object; /1 must be an object; /2 must be an object'
  ],
  ['missing members', [{}, GOOD], '/0 must have the member id; /0 must have the member tokens'],
  [
    'members that do not exist',
    [{ ...GOOD, [SECRET]: 1 }],
    '/0 must have only the members id, tokens, apiKey, userKeys, kind, baseUrl, timeZone, defaultRegion'
  ],
  [
    '__proto__',
    `[{"id":"a","tokens":["${A}"],"__proto__":{"${SECRET}":1}}]`,
    '/0 must have only the members id, tokens, apiKey, userKeys, kind, baseUrl, timeZone, defaultRegion'
  ],
  ['an id of other characters', [{ ...GOOD, id: 'Hunter2' }], '/0/id must be 1 to 32 of a-z, 0-9 and -'],
  ['a long id', [{ ...GOOD, id: 'a'.repeat(33) }], '/0/id must be 1 to 32 of a-z, 0-9 and -'],
  [
    'no tokens',
    [GOOD, { id: 'b', tokens: [] }, { id: 'c', tokens: B }],
    '/1/tokens must be a list of at least one token; /2/tokens must be a list of at least one token'
  ],
  [
    'a token that is short, or of other characters',
    [GOOD, { id: 'b', tokens: [B, SECRET, `${B}/`, 3] }],
    ['/1/tokens/1', '/1/tokens/2', '/1/tokens/3']
      .map(path => `${path} must be at least 43, at most 256 URL-safe characters`)
      .join('; ')
  ],
  ['a short ApiKey', [{ ...GOOD, apiKey: SECRET }], '/0/apiKey must be at least 8 characters without a space'],
  [
    'user keys with swapped names and values',
    [{ ...GOOD, userKeys: { [`${SECRET}-${SECRET}`]: '101' } }],
    '/0/userKeys must be an object of extensions, each with a key of at least 8 characters without a space'
  ],
  [
    'a short user key',
    [{ ...GOOD, userKeys: { 101: SECRET } }],
    '/0/userKeys must be an object of extensions, each with a key of at least 8 characters without a space'
  ],
  ['another kind', [{ ...GOOD, kind: SECRET }], '/0/kind must be classic or contact-center'],
  [
    'an invalid URL',
    [
      { ...GOOD, baseUrl: `ftp://${SECRET}` },
      { id: 'b', tokens: [B], baseUrl: 'https://:' }
    ],
    '/0/baseUrl must be an http or https URL; /1/baseUrl must be an http or https URL'
  ],
  [
    'an invalid time zone',
    [
      { ...GOOD, timeZone: 'Mars/Hunter2' },
      { id: 'b', tokens: [B], timeZone: '+02:00' }
    ],
    '/0/timeZone must be an IANA time zone, like America/New_York; ' +
      '/1/timeZone must be an IANA time zone, like America/New_York'
  ],
  ['an invalid region', [{ ...GOOD, defaultRegion: 'usa' }], '/0/defaultRegion must be two letters, like US'],
  [
    'null for an optional member',
    [{ ...GOOD, apiKey: null }],
    '/0/apiKey must be at least 8 characters without a space'
  ],
  ['an id twice', [GOOD, { id: 'b', tokens: [B] }, { id: 'acme', tokens: [C] }], '/2/id must differ from that of /0'],
  [
    'a token of two accounts',
    [
      { id: 'a', tokens: [A, B] },
      { id: 'b', tokens: [C, B] }
    ],
    '/1/tokens/1 must not be a token of /0'
  ],
  [
    'an account "default" in addition to the one of the environment',
    [{ id: 'default', tokens: [A] }],
    '/0/id must not be default while WEBHOOK_TOKENS is set',
    { WEBHOOK_TOKENS: B }
  ],
  [
    'a token of WEBHOOK_TOKENS',
    [GOOD],
    '/0/tokens/0 must not be a token of WEBHOOK_TOKENS',
    { WEBHOOK_TOKENS: `${B},${A}` }
  ],
  [
    'several errors at once',
    [
      { id: 'A', tokens: [A], kind: 1 },
      { id: 'b', tokens: [A] }
    ],
    '/0/id must be 1 to 32 of a-z, 0-9 and -; /0/kind must be classic or contact-center; ' +
      '/1/tokens/0 must not be a token of /0'
  ]
]
for (const [name, content, message, environment] of refusals) {
  t.test(`an accounts file is rejected: ${name}`, async t => {
    t.throws(() => load(t, content, environment), { code: 'MCS_CONFIG', message: `ACCOUNTS_FILE: ${message}` })
    t.notMatch(message, /hunter2/i, 'the message contains no value')
  })
}

t.test('a missing file is reported', async t => {
  t.throws(() => loadAccounts(loadConfig({ ACCOUNTS_FILE: '/nowhere/accounts.json' }), []), {
    code: 'MCS_CONFIG',
    message: 'ACCOUNTS_FILE: it cannot be read (ENOENT)'
  })
})

t.test('a token may occur twice in one account, and ten invalid values are all named', async t => {
  t.equal(load(t, [{ id: 'a', tokens: [A, A] }]).length, 1)
  const invalid = Array.from({ length: 10 }, (_, i) => ({ id: `a-${i}`, tokens: [SECRET] }))
  t.throws(() => load(t, invalid), {
    message: new RegExp(invalid.map((_, i) => `/${i}/tokens/0 must[^;]*`).join('; '))
  })
})

t.test('TIME_ZONE and DEFAULT_REGION apply to an account that is not configured', async t => {
  const accounts = createAccounts(
    load(t, [
      { ...GOOD, timeZone: 'Asia/Tokyo', defaultRegion: 'JP' },
      { id: 'b', tokens: [B] },
      { id: 'c', tokens: [C] }
    ]),
    loadConfig({ TIME_ZONE: 'Europe/London', DEFAULT_REGION: 'GB' })
  )
  t.strictSame([accounts.timeZoneOf('acme'), accounts.regionOf('acme')], ['Asia/Tokyo', 'JP'])
  t.strictSame([accounts.timeZoneOf('unknown'), accounts.regionOf('unknown')], ['Europe/London', 'GB'])
  t.strictSame(accounts.regionsOf(), ['JP', 'US'], 'each region once')
  t.strictSame([accounts.regionsOf(['b', 'c']), accounts.regionsOf(['acme', 'unknown'])], [['US'], ['JP', 'GB']])
  t.equal(accounts.byId('b')?.tokens[0], B)
  t.equal(accounts.byId('unknown'), undefined)
})

t.test('a reload replaces all accounts, or none of them and raises an alarm', async t => {
  const config = loadConfig({})
  const accounts = createAccounts(load(t, [GOOD, { id: 'b', tokens: [B] }]), config)
  const lines: string[] = []
  const alarms = createAlarmJournal(createMetrics(), () => new Date())
  const logger = createLogger({
    level: 'info',
    alarms,
    lines: {
      write: line => {
        lines.push(line)
      }
    }
  })
  t.strictSame(
    reloadAccounts(
      accounts,
      () =>
        load(t, [
          { id: 'b', tokens: [B] },
          { id: 'c', tokens: [C] }
        ]),
      logger
    ),
    ['acme']
  )
  t.match(JSON.parse(lines[0] ?? ''), { accounts: 2, added: ['c'], removed: ['acme'] })
  const before = accounts.all()
  t.strictSame(
    reloadAccounts(accounts, () => load(t, [GOOD, { id: 'b', tokens: [SECRET] }]), logger),
    []
  )
  t.equal(accounts.all(), before, 'the accounts are unchanged')
  await alarms.save(async changes => {
    t.match(changes, [{ name: 'accounts-reload-failed', raised: { count: 1 }, resolvedAt: null }])
  })
  t.match(JSON.parse(lines[1] ?? ''), {
    alarm: 'accounts-reload-failed',
    accounts: 2,
    err: { message: /\/1\/tokens\/0 must/ }
  })
  for (const secret of [A, B, C, SECRET]) t.notOk(lines.join('').includes(secret))
})
