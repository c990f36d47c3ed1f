import t from 'tap'
import { type Account, loadAccounts } from '../../src/accounts/accounts.js'
import { banner } from '../../src/cli/start.js'
import { loadConfig } from '../../src/config/config.js'

const TOKENS = ['t'.repeat(43), 'u'.repeat(43)]
const [ONE] = loadAccounts(loadConfig({}), TOKENS)

/** Returns the banner for the given number of accounts. */
function bannerOf(count: number, environment: Record<string, string> = {}, generated = false): string {
  // loadAccounts has returned one account
  const accounts = Array.from({ length: count }, (_, i) => ({ ...(ONE as Account), id: `a-${i}` }))
  const secrets = { webhookTokens: [], adminKey: 'the admin key', generated, file: '/data/secrets.env' }
  return banner({ url: 'http://127.0.0.1:8080', secrets, accounts: () => accounts }, loadConfig(environment))
}

t.test('with one account the banner shows its webhook URL with the first token', async t => {
  t.match(
    bannerOf(1),
    `  webhook    http://127.0.0.1:8080/webhooks/mightycall/${TOKENS[0]}\n` +
      '             paste it into MightyCall; set PUBLIC_URL'
  )
  t.notMatch(bannerOf(1), 'a-0')
  t.match(
    bannerOf(1, { PUBLIC_URL: 'https://calls.example.com/' }),
    `https://calls.example.com/webhooks/mightycall/${TOKENS[0]}\n  API `
  )
})

t.test(
  'with several accounts the banner has a line for each of the first five, and the number of the others',
  async t => {
    const ids = (text: string) => text.match(/(?<=\/webhooks\/mightycall\/t{43} {3}\()[a-z0-9-]+/g)
    t.strictSame(ids(bannerOf(2)), ['a-0', 'a-1'])
    t.strictSame(ids(bannerOf(5)), ['a-0', 'a-1', 'a-2', 'a-3', 'a-4'])
    t.notMatch(bannerOf(5), /more\n/)
    t.strictSame(ids(bannerOf(7)), ['a-0', 'a-1', 'a-2', 'a-3', 'a-4'])
    t.match(bannerOf(7), / {13}and 2 more\n/)
  }
)

t.test('the admin key is shown when it is generated, and later only the file that contains it', async t => {
  t.match(bannerOf(1, {}, true), 'admin key  the admin key   (kept in /data/secrets.env)')
  t.notMatch(bannerOf(1), 'the admin key ')
  t.match(bannerOf(1), 'admin key  kept in /data/secrets.env')
})

t.test('the banner shows only what belongs to the roles of the process', async t => {
  const servers = { DATABASE_URL: 'postgres://h/d', KAFKA_BROKERS: 'kafka:9092' }
  t.notMatch(bannerOf(1, { ...servers, ROLES: 'query' }), 'webhook')
  t.notMatch(bannerOf(1, { ...servers, ROLES: 'receive' }), 'API')
  t.match(bannerOf(1, { ...servers, ROLES: 'project' }), 'topics     mightycall.* on kafka:9092')
})
