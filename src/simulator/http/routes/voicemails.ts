import { DAY_MS } from '../../../lib/instant.js'
import { formatInstant } from '../../instant.js'
import { choices, instant, unsupported, integer } from '../query.js'
import { notFound } from '../refusals.js'
import { voicemailRow, visibleVoicemails } from '../state/voicemail-rows.js'
import { enveloped, queryOf, type Routes } from './context.js'

const PARAMETERS = {
  pageSize: integer(1, 10),
  skip: integer(0, 0),
  startUtc: instant,
  endUtc: instant,
  voicemailFilter: choices('Read', 'UnRead', 'ReadAndUnRead'),
  customFilter: unsupported
}

/** Without an interval: those of the last 24 h, as of calls. */
export const voicemailRoutes: Routes = (app, { world, now }) => {
  app.get('/voicemails', request => {
    const at = now()
    const { pageSize, skip, startUtc, endUtc, voicemailFilter } = queryOf(request, PARAMETERS)
    const [since, until] = [formatInstant(startUtc ?? at - DAY_MS), formatInstant(endUtc ?? at)]
    const wanted =
      voicemailFilter.length === 0 || voicemailFilter.includes('ReadAndUnRead')
        ? [true, false]
        : voicemailFilter.map(filter => filter === 'Read')
    const voicemails = visibleVoicemails(world, at).filter(
      ({ leftAt, read }) => leftAt !== null && leftAt >= since && leftAt <= until && wanted.includes(read === true)
    )
    return enveloped({
      voicemails: voicemails.slice(skip, skip + pageSize).map(voicemail => voicemailRow(world, voicemail, at)),
      total: voicemails.length
    })
  })

  app.get<{ Params: { id: string } }>('/voicemails/:id', request => {
    const at = now()
    const voicemail = visibleVoicemails(world, at).find(({ voicemailId }) => voicemailId === request.params.id)
    if (!voicemail) throw notFound('Voicemail')
    return enveloped(voicemailRow(world, voicemail, at))
  })
}
