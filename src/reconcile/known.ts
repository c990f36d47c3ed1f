import type pg from 'pg'

/** What of an account has been told before, as far as it is projected: REST has no list of some of it, and of some forgets what is gone. */
export interface Known {
  /** Of all business numbers that were ever listed, in no order. */
  numbers: () => Promise<readonly string[]>
  /** Of those that a webhook, the journal or a profile has shown; those of whom least is known come first. */
  extensions: () => Promise<readonly string[]>
}

const NUMBERS = 'select number from phone_numbers where account = $1'
const EXTENSIONS = 'select extension from mightycall_extensions where account = $1 order by display_name is not null, extension'

export function knownOf (pool: pg.Pool, account: string): Known {
  return {
    numbers: async () => (await pool.query<{ number: string }>(NUMBERS, [account])).rows.map(row => row.number),
    extensions: async () => (await pool.query<{ extension: string }>(EXTENSIONS, [account])).rows.map(row => row.extension)
  }
}
