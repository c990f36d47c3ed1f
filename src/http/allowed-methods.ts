import type { FastifyInstance } from 'fastify'

/**
 * Collects the routes that are added from now on. The result returns the methods that the path of a URL accepts, in
 * alphabetical order, or none for an unknown path.
 */
export function createAllowedMethods(app: FastifyInstance): (url: string) => string[] {
  const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return // the preflight requests of CORS, which are for any path
    const route = routes.get(url) ?? { pattern: patternOf(url), methods: new Set() }
    for (const name of [method].flat()) route.methods.add(name)
    routes.set(url, route)
  })
  return url => {
    const path = url.replace(/^https?:\/\/[^/]*/i, '').replace(/[?#].*/s, '')
    const methods = [...routes.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : []))
    return [...new Set(methods)].sort()
  }
}

/** Matches the paths of a route, whose parameters are whole segments. */
function patternOf(route: string): RegExp {
  const segments = route
    .replace(/\/$/, '')
    .split('/')
    .map(segment => {
      if (segment === '*') return '.*'
      return segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    })
  return new RegExp(`^${segments.join('/')}/?$`)
}
