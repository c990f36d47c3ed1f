import pg from 'pg'

const RECONCILER_LOCK = 5_202_612_348 // any number; other advisory locks of ours have others

/** Of all processes with this database, the one that may read MightyCall by itself. */
export interface Leader {
  /** False too when Postgres cannot be asked. */
  isElected: () => Promise<boolean>
  close: () => Promise<void>
}

/** Holds an advisory lock on a connection of its own: whoever loses the connection has lost the election. */
export function standForElection (connectionString: string): Leader {
  let client: pg.Client | null = null

  async function elect (): Promise<boolean> {
    const candidate = new pg.Client({ connectionString })
    candidate.on('error', () => { if (client === candidate) client = null })
    try {
      await candidate.connect()
      const { rows: [row] } = await candidate.query<{ elected: boolean }>('select pg_try_advisory_lock($1) as elected', [RECONCILER_LOCK])
      if (row?.elected) client = candidate
    } catch {
      // the next round asks again
    }
    if (client !== candidate) await candidate.end().catch(() => {})
    return client === candidate
  }

  /** A connection that was cut in silence looks alive until it is used. */
  const isAlive = async (own: pg.Client) => own.query('select').then(() => client === own, () => false)

  return {
    isElected: async () => {
      const own = client
      if (own && await isAlive(own)) return true
      if (own) await own.end().catch(() => {})
      client = null
      return elect()
    },
    close: async () => {
      const own = client
      client = null
      await own?.end().catch(() => {})
    }
  }
}
