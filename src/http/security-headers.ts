import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import fp from 'fastify-plugin'

export interface BrowsersOptions {
  /** Pages of others whose scripts may ask, with a key. */
  corsOrigins: readonly string[]
  publicUrl: string | null
}

const HALF_A_YEAR_SECONDS = 180 * 24 * 3600

/**
 * What browsers are told about all that is answered here: to run only our own scripts, to show it in nobody's frame, to
 * guess no types.
 * Not said with webhooks, which no browser sends. HSTS only for the very host, and only when PUBLIC_URL is https.
 */
export default fp<BrowsersOptions>(
  async (app, { corsOrigins, publicUrl }) => {
    const isSecure = publicUrl?.startsWith('https:') ?? false
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false, // they would turn the addresses of a service without TLS into https
        directives: {
          defaultSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          imgSrc: ["'self'", 'data:'],
          objectSrc: ["'none'"],
          scriptSrcAttr: ["'none'"]
        }
      },
      crossOriginOpenerPolicy: isSecure, // browsers ignore it elsewhere, and complain
      originAgentCluster: isSecure,
      strictTransportSecurity: isSecure && { maxAge: HALF_A_YEAR_SECONDS, includeSubDomains: false },
      xFrameOptions: { action: 'deny' }
    })
    if (corsOrigins.length === 0) return
    // Without credentials: the cookie is for pages of ours.
    await app.register(cors, {
      origin: [...corsOrigins],
      credentials: false,
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'last-event-id'],
      exposedHeaders: ['retry-after'],
      maxAge: 600
    })
  },
  { name: 'browsers', fastify: '5.x' }
)
