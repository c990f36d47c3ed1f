/** Takes rows of one table, as JSON. */
export type RowSink = (table: string, rows: readonly string[]) => Promise<void>

const BATCH_CHARACTERS = 1_000_000
const BATCH_ROWS = 500

export interface RowBatches {
  add: (table: string, json: string) => Promise<void>
  /** Gives the last of them. */
  end: () => Promise<void>
}

/** Gathers rows until there are enough for one statement. */
export function createRowBatches (sink: RowSink): RowBatches {
  let table = ''
  let rows: string[] = []
  let characters = 0
  async function flush (): Promise<void> {
    const [ready, of] = [rows, table]
    rows = []
    characters = 0
    if (ready.length > 0) await sink(of, ready)
  }
  return {
    add: async (name, json) => {
      if (name !== table) await flush()
      table = name
      rows.push(json)
      characters += json.length
      if (rows.length >= BATCH_ROWS || characters >= BATCH_CHARACTERS) await flush()
    },
    end: flush
  }
}
