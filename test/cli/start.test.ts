import t from 'tap'
import { type Account, loadAccounts } from '../../src/accounts/accounts.js'
import { banner } from '../../src/cli/start.js'
import { loadConfig } from '../../src/config/config.js'

const TOKENS = ['t'.repeat(43), 'u'.repeat(43)]
const [ONE] = loadAccounts(loadConfig({}), TOKENS)

/** What a terminal shows of so many accounts. */
function shown(count: number, environment: Record<string, string> = {}, generated = false): string {
  const accounts = Array.from({ length: count }, (_, i) => ({ ...(ONE as Account), id: `a-${i}` })) // there is one
  const secrets = { webhookTokens: [], adminKey: 'the admin key', generated, file: '/data/secrets.env' }
  return banner({ url: 'http://127.0.0.1:8080', secrets, accounts: () => accounts }, loadConfig(environment))
}

t.test('one account: its webhook address, with the token that is to stay', async t => {
  t.match(
    shown(1),
    `  webhook    http://127.0.0.1:8080/webhooks/mightycall/${TOKENS[0]}\n             paste it into MightyCall; set PUBLIC_URL`
  )
  t.notMatch(shown(1), 'a-0')
  t.match(
    shown(1, { PUBLIC_URL: 'https://calls.example.com/' }),
    `https://calls.example.com/webhooks/mightycall/${TOKENS[0]}\n  API `
  )
})

t.test('many accounts: a line for each of the first five, and how many more', async t => {
  const ids = (text: string) => text.match(/(?<=\/webhooks\/mightycall\/t{43} {3}\()[a-z0-9-]+/g)
  t.strictSame(ids(shown(2)), ['a-0', 'a-1'])
  t.strictSame(ids(shown(5)), ['a-0', 'a-1', 'a-2', 'a-3', 'a-4'])
  t.notMatch(shown(5), /more\n/)
  t.strictSame(ids(shown(7)), ['a-0', 'a-1', 'a-2', 'a-3', 'a-4'])
  t.match(shown(7), / {13}and 2 more\n/)
})

t.test('the admin key is shown when it is new, and its place afterwards', async t => {
  t.match(shown(1, {}, true), 'admin key  the admin key   (kept in /data/secrets.env)')
  t.notMatch(shown(1), 'the admin key ')
  t.match(shown(1), 'admin key  kept in /data/secrets.env')
})

t.test('a process without a role tells nothing of it', async t => {
  const servers = { DATABASE_URL: 'postgres://h/d', KAFKA_BROKERS: 'kafka:9092' }
  t.notMatch(shown(1, { ...servers, ROLES: 'query' }), 'webhook')
  t.notMatch(shown(1, { ...servers, ROLES: 'receive' }), 'API')
  t.match(shown(1, { ...servers, ROLES: 'project' }), 'topics     mightycall.* on kafka:9092')
})
