import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { callAtInstant, callWithLosses, callWithRest, classicCall, contactCenterCall, partialCall } from './calls.js'
import { factsOfCompany } from './facts.js'

/**
 * Checks the histories of a seed. Returns their number if it is not one.
 * @throws AssertionError  a fold is wrong
 */
export type Property = (seed: number) => unknown

/** The properties by the sentence that they verify. */
export const PROPERTIES: Readonly<Record<string, Property>> = {
  'classic webhooks of a call fold to the truth in any order': classicCall,
  'contact-center webhooks of a call fold to the truth in any order': contactCenterCall,
  'with REST a call folds to the refined truth': callWithRest,
  'a subset of the events of a call folds to one row in any order, and REST completes it': partialCall,
  'a call of which notifications were lost has only true parties and times': callWithLosses,
  'a call at one instant, as known at another, is the truth': callAtInstant,
  'voicemails, messages, numbers, contacts, extensions and presence fold to the truth in any order': factsOfCompany
}

export const EXAMPLES_FILE = path.join(PROJECT_ROOT, 'test/properties/examples.json')

/** Returns the seeds with which a property has failed before. They are checked in every run. */
export function examplesOf(name: string): number[] {
  // the file is written by test/properties/main.ts
  return (JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) as Record<string, number[]>)[name] ?? []
}
