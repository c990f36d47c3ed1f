import { Command, InvalidArgumentError } from 'commander'
import type pg from 'pg'
import { type Config, loadConfig } from '../config/config.js'
import { grantReader } from '../db/reporting/grant-reader.js'
import { withDatabase } from './database.js'

const DEFAULT_ROLE = 'mightycall_reader'

const EXAMPLES = `
Examples:
  $ mightycall-stream grant-reader                     creates the role ${DEFAULT_ROLE}
  $ mightycall-stream grant-reader --role metabase
  $ mightycall-stream grant-reader --new-password      when the password was lost
  $ psql "$(mightycall-stream grant-reader --role me --new-password)" -c 'select count(*) from calls'

Prints one line, the address of the database for this role. It contains the password only when the command has made it:
a password that exists is not known. The role may read the views of the schema "reporting", which docs/database.md
describes, and nothing else. The command can be repeated, and has to be after a restore on another server.`

export function grantReaderCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('grant-reader')
    .description('let a role of Postgres read the views for reports, and print how to connect')
    .addHelpText('after', EXAMPLES)
    .option('--role <name>', 'the name of the role', parseRole, DEFAULT_ROLE)
    .option('--new-password', 'replace the password of a role that exists', false)
    .action(async (options: { role: string; newPassword: boolean }) => {
      const config = loadConfig(environment)
      await withDatabase(config, async pool => {
        const { created, password } = await grantReader(pool, options)
        console.error(explain(options.role, created, password !== null))
        console.log(await addressFor(pool, config, { role: options.role, password }))
      })
    })
}

function explain(role: string, created: boolean, hasNewPassword: boolean): string {
  if (created) return `created the role ${role}; its password is not stored anywhere else`
  return hasNewPassword
    ? `the role ${role} has a new password`
    : `the role ${role} exists, and keeps its password; --new-password makes a new one`
}

/** The address that the service itself uses, with another user. */
async function addressFor(
  pool: pg.Pool,
  { databaseUrl }: Config,
  { role, password }: { role: string; password: string | null }
): Promise<string> {
  const client = await pool.connect()
  const { host, port, database } = client as pg.PoolClient & pg.Client // the types lack what a pooled client has
  client.release()
  const user = password === null ? role : `${role}:${password}`
  const name = host.includes(':') ? `[${host}]` : encodeURIComponent(host) // a host may be the folder of a socket
  const sslMode = databaseUrl === null ? null : /[?&](sslmode=[a-z-]+)/.exec(databaseUrl)?.[1]
  return `postgres://${user}@${name}:${port}/${encodeURIComponent(database ?? '')}${sslMode ? `?${sslMode}` : ''}`
}

function parseRole(text: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(text) && !text.startsWith('pg_')) return text
  throw new InvalidArgumentError('It must be lower-case letters, digits and underscores, and not begin with pg_.')
}
