import fc from "fast-check";
import { hostileValues } from "./hostile-sources.ts";

export const FORM = "multipart/form-data";

/** The right one first. */
export const formTypes = [
  `Content-Type: ${FORM}; boundary=form-end`,
  `Content-Type: ${FORM}; boundary=other`,
  `Content-Type: ${FORM}; boundary=`,
  `Content-Type: ${FORM}; boundary="form-end"; boundary=x`,
  `Content-Type: ${FORM}; charset=utf-16; boundary=form-end`,
  `Content-Type: ${FORM}`,
  "Content-Type: multipart/mixed; boundary=form-end",
  `Content-Type: ${FORM}; boundary=${"x".repeat(200)}`,
] as const;

/** Heads of parts that are nearly right. */
const heads = [
  'Content-Disposition: form-data; name="file"; filename="a.tar.gz"',
  'Content-Disposition: form-data; name="file"',
  'Content-Disposition: form-data; name="__proto__"',
  'Content-Disposition: form-data; name=""; filename=""',
  "Content-Disposition: form-data; name*=UTF-8''%00%ff; filename*=UTF-8''..%2f..%2fx",
  "Content-Disposition: attachment",
  `Content-Disposition: form-data; name="${"n".repeat(300)}"`,
  'Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name="name"',
  "",
];

/**
 * Forms with an archive.
 *
 * @param samples under `file`, archives that are right
 * @param hostility 0 for forms as a client would send them
 */
export function forms(samples: Readonly<Record<string, readonly unknown[]>>, hostility: number): fc.Arbitrary<Buffer> {
  const good = fc.constantFrom(...(samples.file as Buffer[])).map((file) => formOf([["name", "a"]], file));
  if (hostility === 0) return good;
  const part = fc.tuple(fc.constantFrom(...heads), fc.constantFrom(...hostileValues, ...(samples.file as Buffer[])));
  const odd = fc
    .array(part, { maxLength: 4 })
    .map((parts) =>
      Buffer.concat([
        ...parts.map(([head, value]) =>
          Buffer.concat([Buffer.from(`--form-end\r\n${head}\r\n\r\n`), Buffer.from(value), LINE]),
        ),
        END,
      ]),
    );
  const damaged = fc
    .tuple(good, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: hostility }), fc.nat(9))
    .map(([form, changes, cut]) => {
      const bytes = Buffer.from(form);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return cut === 0 ? bytes.subarray(0, bytes.length >> 1) : bytes;
    });
  return fc.oneof(odd, damaged);
}

const LINE = Buffer.from("\r\n");
const END = Buffer.from("--form-end--\r\n");

function formOf(fields: [string, string][], file: Buffer): Buffer {
  const head = `--form-end\r\n${heads[0]}\r\nContent-Type: application/gzip\r\n\r\n`;
  return Buffer.concat([
    ...fields.map(([name, value]) =>
      Buffer.from(`--form-end\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
    ),
    Buffer.from(head),
    file,
    LINE,
    END,
  ]);
}
