import type { NumberReported } from '../../../events/directory.js'
import { notFound } from '../error-responses.js'
import type { World } from '../state/world.js'
import type { Row } from '../wire.js'
import { enveloped, type Routes } from './context.js'

export const phoneNumberRoutes: Routes = (app, { world, now }) => {
  app.get('/phonenumbers', () => {
    const rows = numberRows(world, now())
    return enveloped({ ...rows, total: rows.phoneNumbers.length })
  })

  // finds the first number that contains these digits
  app.get<{ Params: { digits: string } }>('/phonenumbers/:digits', request => {
    const { digits } = request.params
    const number = /^\d+$/.test(digits)
      ? numberRows(world, now()).phoneNumbers.find(row => String(row.number).includes(digits))
      : undefined
    if (!number) throw notFound('Number')
    return enveloped(number)
  })
}

interface NumberRows {
  phoneNumbers: Row[]
  deletedPhoneNumbers: Row[]
}

/** Returns the business numbers at an instant, and those that were removed until then. */
function numberRows({ history, truth }: World, now: number): NumberRows {
  const rows: NumberRows = { phoneNumbers: [], deletedPhoneNumbers: [] }
  for (const fact of history.numbers.snapshotAt(now)) {
    if (fact.type === 'number.reported')
      rows.phoneNumbers.push({ ...numberRow(fact), isPrimary: fact.number === truth.numbers[0]?.number })
    else
      rows.deletedPhoneNumbers.push({
        ...numberRow(lastKnown(truth, fact.number)),
        isEnabled: false,
        whenDeleted: fact.occurredAt
      })
  }
  return rows
}

type NumberFields = Pick<NumberReported, 'number' | 'externalId' | 'label' | 'enabled' | 'smsEnabled'>

function numberRow({ number, externalId, label, enabled, smsEnabled }: NumberFields): Row {
  return {
    number,
    isEnabled: enabled,
    isPrimary: false,
    isTollFree: false,
    isInternational: false,
    smsMode: smsEnabled ? 'Enabled' : 'Disabled',
    numberMessagingVerified: smsEnabled,
    isMmsEnabled: smsEnabled,
    callRecordingMode: 'Both, OutgoingBeepDisabled',
    description: null,
    label,
    mayText: smsEnabled,
    mayCall: true,
    objectGuid: externalId,
    doNotOriginate: false
  }
}

function lastKnown({ numbers }: World['truth'], wanted: string): NumberFields {
  const number = numbers.find(({ number }) => number === wanted)
  return {
    number: wanted,
    externalId: number?.externalId ?? null,
    label: number?.label ?? null,
    enabled: false,
    smsEnabled: number?.smsEnabled ?? false
  }
}
