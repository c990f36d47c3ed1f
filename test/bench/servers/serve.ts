import type { FastifyInstance } from 'fastify'

/** Listens on a free port, sends the URL to the bench, and exits with it. */
export async function serve(app: FastifyInstance): Promise<void> {
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0)) // so that --cpu-prof writes its file
  process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
}

export function requiredVariable(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}
