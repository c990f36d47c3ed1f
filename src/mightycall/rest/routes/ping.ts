import Type from 'typebox'
import { route } from '../route.js'

/** The version of the API. */
export const ping = route({ path: '/ping', answer: Type.String(), isOpen: true })
