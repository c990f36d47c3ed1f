interface Page<Item> {
  data: Item[]
  nextCursor: string | null
}

type Get = (url: string, key?: string) => Promise<{ json: <T>() => T }>

/** Returns all items of a list by following its cursors. The query begins with `?` and contains the limit. */
export async function allPages<Item>(get: Get, url: string, query: string, key?: string): Promise<Item[]> {
  const items: Item[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page<Item> = (await get(`${url}${query}${cursor && `&cursor=${cursor}`}`, key)).json<Page<Item>>()
    items.push(...page.data)
    cursor = page.nextCursor
  }
  return items
}
