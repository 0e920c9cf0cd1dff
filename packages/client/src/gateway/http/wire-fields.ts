/** `{ pricePerTask: 1 }` as the gateway reads it: `{ price_per_task: 1 }`. Only the fields' own names change, and those of a `credential`. */
export function toWireFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      name === "credential" && value ? toWireFields(value) : value,
    ]),
  );
}
