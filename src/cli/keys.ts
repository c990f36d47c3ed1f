import { Command, InvalidArgumentError, Option } from 'commander'
import { type ApiKey, isKeyId } from '../access/api-key.js'
import { createKeys } from '../access/keys.js'
import { COMMAND_LINE, type KeyRole } from '../access/viewer.js'
import { loadAccounts } from '../accounts/accounts.js'
import { loadConfig } from '../config/config.js'
import { KEY_ROLES } from '../db/schema/access.js'
import { ACCOUNT_PATTERN } from '../events/envelope.js'
import { systemClock } from '../lib/clock.js'
import { parseInstantOrDay } from '../lib/instant.js'
import { withDatabase } from './database.js'

interface CreateOptions {
  role: KeyRole
  label: string
  account?: string
  organization?: string
  expires?: Date
}

const PAGE = 500

const EXAMPLES = `
Examples:
  $ mightycall-stream keys create --role viewer --account default --label "wallboard"
  $ mightycall-stream keys create --role org_admin --account acme --organization 0b6c… --label "Acme's office" \\
      --expires 2027-01-31
  $ mightycall-stream keys list --json          one JSON object a line, for programs
  $ mightycall-stream keys revoke 5f3e…         it is refused from now on

A key is shown once, alone on a line of stdout; only its digest is stored. platform_admin may do everything, org_admin
creates keys for its organization, viewer reads. Without --account a key is valid for all accounts, with --organization
only for the data of that organization.`

export function keysCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('keys')
    .description('create, list and revoke keys of the API')
    .addHelpText('after', EXAMPLES)
    .addCommand(createCommand(environment))
    .addCommand(listCommand(environment))
    .addCommand(revokeCommand(environment))
}

function createCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('create')
    .description('create a key and print it')
    .addOption(new Option('-r, --role <role>', 'what the key may do').choices(KEY_ROLES).makeOptionMandatory())
    .requiredOption('-l, --label <text>', 'a name for people')
    .option('-a, --account <id>', 'only this MightyCall account', parseAccount)
    .option('-o, --organization <id>', 'only the data of this organization', parseId)
    .option('-e, --expires <instant>', 'a day, or an instant like 2027-01-31T12:00:00Z', parseExpiry)
    .action(async ({ role, label, account, organization, expires }: CreateOptions) => {
      const made = await withKeys(environment, keys =>
        keys.create(COMMAND_LINE, { role, label, account, organization, expiresAt: expires })
      )
      console.error(`created ${lineOf(made, systemClock.now())}`)
      console.log(made.key)
    })
}

function listCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('list')
    .description('list keys, newest first, without the keys themselves')
    .option('--json', 'print them as JSON', false)
    .action(async ({ json }: { json: boolean }) =>
      withKeys(environment, async keys => {
        const now = systemClock.now()
        for (let place: readonly string[] | null = null, isMore = true; isMore; ) {
          const page: ApiKey[] = await keys.list(COMMAND_LINE, {}, { place, limit: PAGE })
          for (const key of page) console.log(json ? JSON.stringify(key) : lineOf(key, now))
          const last = page.at(-1)
          isMore = page.length === PAGE
          if (last) place = [last.createdAt.toISOString(), last.id]
          else if (!place) console.error('there are no keys') // on stderr: programs read stdout
        }
      })
    )
}

function revokeCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('revoke')
    .description('revoke a key')
    .argument('<id>', 'the id that list prints', parseId)
    .action(async (id: string) => {
      const key = await withKeys(environment, keys => keys.revoke(COMMAND_LINE, id))
      console.log(`revoked ${lineOf(key, systemClock.now())}`)
    })
}

function withKeys<T>(
  environment: NodeJS.ProcessEnv,
  work: (keys: ReturnType<typeof createKeys>) => Promise<T>
): Promise<T> {
  const config = loadConfig(environment)
  const accountIds = loadAccounts(config, config.webhookTokens).map(({ id }) => id)
  return withDatabase(config, pool => work(createKeys({ pool, now: systemClock.now, accountIds: () => accountIds })))
}

function lineOf(
  { id, label, role, account, organization, expiresAt, revokedAt, lastUsedAt }: ApiKey,
  now: Date
): string {
  const reach = account === null ? 'all accounts' : organization === null ? account : `${account}/${organization}`
  const until = expiresAt === null ? '' : `, ${expiresAt <= now ? 'expired' : 'expires'} ${expiresAt.toISOString()}`
  const end = revokedAt ? `, revoked ${revokedAt.toISOString()}` : until
  const use = lastUsedAt ? `last used ${lastUsedAt.toISOString()}` : 'never used'
  return `${id} ${role} of ${reach} "${label}"${end}, ${use}`
}

function parseId(text: string): string {
  if (!isKeyId(text)) throw new InvalidArgumentError('It must be a UUID.')
  return text
}

function parseAccount(text: string): string {
  if (!new RegExp(ACCOUNT_PATTERN).test(text))
    throw new InvalidArgumentError('It must be the id of an account: lower-case letters, digits and hyphens.')
  return text
}

function parseExpiry(text: string): Date {
  const millis = parseInstantOrDay(text)
  if (millis === null)
    throw new InvalidArgumentError('It must be a day like 2027-01-31, or an instant like 2027-01-31T12:00:00Z.')
  return new Date(millis)
}
