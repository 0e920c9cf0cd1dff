/** The document cannot be imported at all; the message says what to do. */
export class OpenApiImportError extends Error {
  override readonly name = "OpenApiImportError";
}
