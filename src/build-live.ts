import type { Metrics } from './observability/metrics.js'
import { type LiveOptions, type LiveStreams, startLive } from './live/streams.js'

export interface LiveParts extends Pick<LiveOptions, 'pool' | 'readers' | 'trouble' | 'health' | 'logger'>, Partial<Pick<LiveOptions, 'limits'>> {
  metrics: Metrics
  stopping: AbortSignal
}

/** The live streams of a service: ended as soon as it is told to stop, so that their clients go elsewhere while webhooks are still taken. */
export function buildLive ({ metrics, stopping, logger, ...parts }: LiveParts): LiveStreams {
  const streams = startLive({
    ...parts,
    logger: logger.child({ stage: 'live' }),
    onClients: count => metrics.liveClients.set(count),
    onDropped: code => metrics.liveDropped.inc({ code })
  })
  stopping.addEventListener('abort', () => { void streams.close() })
  return streams
}
