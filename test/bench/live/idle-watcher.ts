import http from 'node:http'
import type { Context } from '../context.js'

/**
 * Starts a live client that receives events without parsing them.
 * @throws Error  the client was rejected
 */
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
  if (status !== 200) throw new Error(`a live client got status ${status}`)
}
