import http from 'node:http'
import type { Context } from '../context.js'

/** A client that takes all that it is sent, and looks at none of it. @throws it was refused */
export async function idleWatcher({ teardown }: Pick<Context, 'teardown'>, url: string, key: string): Promise<void> {
  const request = http.get(url, { headers: { authorization: `Bearer ${key}` }, agent: false })
  teardown(() => {
    request.destroy()
  })
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request
      .once('response', response => {
        response.on('error', () => {}).resume()
        resolve(response.statusCode)
      })
      .once('error', reject)
  })
  request.on('error', () => {})
  if (status !== 200) throw new Error(`a live client was answered ${status}`)
}
