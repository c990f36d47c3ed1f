import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/config.js'
import { loadSecrets } from '../../src/config/secrets.js'
import { configSchema, VARIABLE_NAMES } from '../../src/config/variables.js'
import { describeError } from '../../src/observability/logger.js'
import { tempDir } from '../support/temp-dir.js'

const TOKEN = 'x'.repeat(43)

t.test('an empty environment results in a complete, frozen configuration', async t => {
  t.match(loadConfig({ PORT: '', DATABASE_URL: '' }), {
    host: '127.0.0.1',
    port: 8080,
    roles: ['receive', 'project', 'query'],
    databaseUrl: null,
    kafka: null
  })
  t.ok(Object.isFrozen(loadConfig({})))
})

t.test('one error names every invalid variable and contains no value', async t => {
  const bad = {
    PORT: '80a',
    KAFKA_BROKERS: 'no port',
    ADMIN_KEY: 'hunter2',
    WEBHOOK_TOKENS: 'hunter2',
    LOG_LEVEL: 'loud',
    KAFKA_SSL: 'perhaps',
    ROLES: 'receive,hunter2',
    DATABASE_URL: 'mysql://hunter2',
    DEFAULT_REGION: 'hunter2',
    TIME_ZONE: 'Mars/hunter2',
    KAFKA_SSL_CA_FILE: '/nowhere/ca.pem',
    MIGHTYCALL_API_KEY: 'hunter2',
    METRICS_KEY_FILE: '/nowhere/key'
  }
  try {
    loadConfig(bad)
    t.fail('must throw')
  } catch (err) {
    const { code, message } = err as { code: string; message: string }
    t.equal(code, 'MCS_CONFIG')
    for (const name of Object.keys(bad).filter(name => name !== 'KAFKA_SSL_CA_FILE')) t.ok(message.includes(name), name)
    t.notOk(message.includes('hunter2'))
    t.notOk(message.includes('\n'), 'one line')
  }
})

t.test('TRUST_PROXY is a number of proxies or a list of networks, never every client', async t => {
  for (const [text, value] of [
    ['off', false],
    ['false', false],
    ['1', 1],
    ['10.0.0.0/8, 192.168.1.7', ['10.0.0.0/8', '192.168.1.7']],
    ['fd00::/8,loopback', ['fd00::/8', 'loopback']]
  ] as const)
    t.strictSame(loadConfig({ TRUST_PROXY: text }).trustProxy, value, text)
  t.throws(() => loadConfig({ TRUST_PROXY: 'true' }), { code: 'MCS_CONFIG', message: /any client.*TRUST_PROXY=1/ })
  for (const text of [
    '0',
    '11',
    '-1',
    'yes',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '10.0.0/8',
    '1.2.3.4/8/8',
    ',',
    'fd00::/129'
  ])
    t.throws(() => loadConfig({ TRUST_PROXY: text }), { code: 'MCS_CONFIG', message: /TRUST_PROXY is not valid/ }, text)
})

t.test('a secret can be read from a file', async t => {
  const file = path.join(tempDir(t), 'key')
  writeFileSync(file, `${TOKEN}\n`)
  t.equal(loadConfig({ ADMIN_KEY_FILE: file }).adminKey, TOKEN)
  t.equal(
    loadConfig({ ADMIN_KEY_FILE: file, ADMIN_KEY: 'y'.repeat(32) }).adminKey,
    'y'.repeat(32),
    'the variable has precedence'
  )
  t.equal(loadConfig({ HOST_FILE: file }).host, '127.0.0.1', 'only secrets are read from files')
})

t.test('SASL requires a mechanism, a user and a password, or none of them', async t => {
  const brokers = { KAFKA_BROKERS: 'a:9092,b:9092' }
  t.throws(() => loadConfig({ ...brokers, KAFKA_SASL_MECHANISM: 'plain' }), { message: /go together/ })
  t.throws(() => loadConfig({ ...brokers, KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }), {
    message: /go together/
  })
  t.match(
    loadConfig({ ...brokers, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }).kafka,
    { brokers: ['a:9092', 'b:9092'], sasl: { mechanism: 'plain' }, ssl: false }
  )
})

t.test('missing secrets are generated once and kept in DATA_DIR', async t => {
  const DATA_DIR = tempDir(t)
  const config = loadConfig({ DATA_DIR })
  const first = loadSecrets(config)
  t.match(first, { generated: true, webhookTokens: [/^[\w-]{43}$/], adminKey: /^[\w-]{43}$/ })
  t.equal(statSync(first.file).mode & 0o777, 0o600)
  t.strictSame(loadSecrets(config), { ...first, generated: false })
  t.match(
    loadSecrets({ ...config, webhookTokens: [TOKEN] }),
    { webhookTokens: [TOKEN], adminKey: first.adminKey },
    'the environment has precedence'
  )
})

t.test('a damaged file of secrets does no harm when the environment has all of them', async t => {
  const DATA_DIR = tempDir(t)
  writeFileSync(path.join(DATA_DIR, 'secrets.env'), '')
  t.throws(() => loadSecrets(loadConfig({ DATA_DIR })), { code: 'MCS_DATA_DIR', message: /secrets\.env/ })
  t.throws(() => loadSecrets(loadConfig({ DATA_DIR, WEBHOOK_TOKENS: TOKEN })), { code: 'MCS_DATA_DIR' })
  const ADMIN_KEY = 'k'.repeat(32)
  t.match(loadSecrets(loadConfig({ DATA_DIR, WEBHOOK_TOKENS: TOKEN, ADMIN_KEY })), {
    generated: false,
    webhookTokens: [TOKEN],
    adminKey: ADMIN_KEY
  })
  t.match(loadSecrets(loadConfig({ DATA_DIR, ACCOUNTS_FILE: 'accounts.json', ADMIN_KEY })), { adminKey: ADMIN_KEY })
})

t.test(
  'with a shared database, secrets must be configured, and the error names the file of the generated ones',
  async t => {
    const DATA_DIR = tempDir(t)
    const shared = { DATA_DIR, DATABASE_URL: 'postgres://h/d' }
    t.throws(() => loadSecrets(loadConfig(shared)), {
      code: 'MCS_CONFIG',
      message: /^(?=.*WEBHOOK_TOKENS and ADMIN_KEY)(?=.*secrets\.env)[^\n]*$/
    })
    const generated = loadSecrets(loadConfig({ DATA_DIR }))
    t.throws(() => loadSecrets(loadConfig({ ...shared, WEBHOOK_TOKENS: TOKEN })), {
      message: new RegExp(`set ADMIN_KEY .*generated ones are in ${generated.file}`)
    })
    t.match(loadSecrets(loadConfig({ ...shared, WEBHOOK_TOKENS: TOKEN, ADMIN_KEY: 'k'.repeat(32) })), {
      generated: false,
      webhookTokens: [TOKEN]
    })
  }
)

t.test(
  'with ACCOUNTS_FILE no webhook token is generated or required; without it one is added to the admin key',
  async t => {
    const DATA_DIR = tempDir(t)
    const many = { DATA_DIR, ACCOUNTS_FILE: 'accounts.json' }
    t.equal(loadConfig(many).accountsFile, path.resolve('accounts.json'))
    const { adminKey, file } = loadSecrets(loadConfig(many))
    t.match(loadSecrets(loadConfig(many)), { webhookTokens: [], adminKey: /^[\w-]{43}$/, generated: false })
    t.equal(readFileSync(file, 'utf8'), `ADMIN_KEY=${adminKey}\n`)
    t.match(loadSecrets(loadConfig({ ...many, WEBHOOK_TOKENS: TOKEN })), { webhookTokens: [TOKEN], adminKey })
    t.match(loadSecrets(loadConfig({ DATA_DIR })), { webhookTokens: [/^[\w-]{43}$/], adminKey, generated: true })
    t.match(
      loadSecrets(loadConfig(many)),
      { webhookTokens: [], adminKey },
      'a token that was generated before is not used'
    )
    const shared = { ...many, DATABASE_URL: 'postgres://h/d' }
    t.throws(() => loadSecrets(loadConfig(shared)), { message: /set ADMIN_KEY / })
    t.match(loadSecrets(loadConfig({ ...shared, ADMIN_KEY: 'k'.repeat(32) })), { webhookTokens: [] })
  }
)

t.test('a damaged file of secrets is reported and not replaced', async t => {
  const DATA_DIR = tempDir(t)
  mkdirSync(DATA_DIR, { recursive: true })
  writeFileSync(path.join(DATA_DIR, 'secrets.env'), 'WEBHOOK_TOKENS=\n')
  t.throws(() => loadSecrets(loadConfig({ DATA_DIR })), { code: 'MCS_DATA_DIR', message: /restore it, or remove it/ })
  t.equal(readFileSync(path.join(DATA_DIR, 'secrets.env'), 'utf8'), 'WEBHOOK_TOKENS=\n')
})

t.test('every variable has a description for its documentation page', async t => {
  t.ok(VARIABLE_NAMES.length > 20)
  for (const name of VARIABLE_NAMES) t.match(configSchema.properties[name], { description: /\.$/ }, name)
})

t.test('a logged error contains no value from the database', async t => {
  const err = Object.assign(new Error('invalid input syntax: "+15551234567"'), {
    code: '22P02',
    severity: 'ERROR',
    detail: '+15551234567',
    where: '+15551234567'
  })
  const wrapped = new Error('Failed query: insert … params: +15551234567', { cause: err })
  t.notOk(JSON.stringify(describeError(err)).includes('1555'))
  t.notOk(JSON.stringify(describeError(wrapped)).includes('1555'))
  t.match(describeError(wrapped), { code: '22P02' })
})
