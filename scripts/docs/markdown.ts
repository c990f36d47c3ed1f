/** A comment that tells readers of the source not to edit the page. */
export function notice(source: string): string {
  return `<!-- Generated from ${source} by npm run docs. Do not edit. -->`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}
