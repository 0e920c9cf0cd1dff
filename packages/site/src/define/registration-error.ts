/** Something is registered wrongly. Thrown before the site serves its first request; the message says how to fix it. */
export class RegistrationError extends Error {
  override readonly name = "RegistrationError";
}
