import type { FastifyInstance } from 'fastify'

/** Listens on a free port, tells the bench which, and ends with it. */
export async function serve(app: FastifyInstance): Promise<void> {
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0)) // so that --cpu-prof writes its file
  process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
}

export function variable(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}
