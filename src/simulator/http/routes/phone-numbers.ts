import { notFound } from '../refusals.js'
import { numberRows } from '../state/number-rows.js'
import { enveloped, type Routes } from './context.js'

export const phoneNumberRoutes: Routes = (app, { world, now }) => {
  app.get('/phonenumbers', () => {
    const rows = numberRows(world, now())
    return enveloped({ ...rows, total: rows.phoneNumbers.length })
  })

  // The first that holds these digits.
  app.get<{ Params: { digits: string } }>('/phonenumbers/:digits', request => {
    const { digits } = request.params
    const number = /^\d+$/.test(digits)
      ? numberRows(world, now()).phoneNumbers.find(row => String(row.number).includes(digits))
      : undefined
    if (!number) throw notFound('Number')
    return enveloped(number)
  })
}
