import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import fp from 'fastify-plugin'

export interface SecurityHeadersOptions {
  /** The origins of other pages whose scripts may call the API with a key. */
  corsOrigins: readonly string[]
  publicUrl: string | null
}

const HALF_A_YEAR_SECONDS = 180 * 24 * 3600

/**
 * Adds security headers to all responses: only scripts of this service run, no frames, no guessed content types.
 * Webhooks do not need them, since no browser sends those. HSTS covers only the exact host, and is sent only when
 * PUBLIC_URL is https.
 */
export default fp<SecurityHeadersOptions>(
  async (app, { corsOrigins, publicUrl }) => {
    const isSecure = publicUrl?.startsWith('https:') ?? false
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false, // the defaults upgrade requests to https, which breaks a service without TLS
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
      crossOriginOpenerPolicy: isSecure, // without TLS, browsers ignore it and log a warning
      originAgentCluster: isSecure,
      strictTransportSecurity: isSecure && { maxAge: HALF_A_YEAR_SECONDS, includeSubDomains: false },
      xFrameOptions: { action: 'deny' }
    })
    if (corsOrigins.length === 0) return
    // Without credentials, since the cookie is only for pages of this service.
    await app.register(cors, {
      origin: [...corsOrigins],
      credentials: false,
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'last-event-id'],
      exposedHeaders: ['retry-after', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
      strictPreflight: false, // its refusal has no code
      maxAge: 600
    })
  },
  { name: 'browsers', fastify: '5.x' }
)
