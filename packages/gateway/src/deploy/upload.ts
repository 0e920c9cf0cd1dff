import { createWriteStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyHeaders, type BusboyInstance } from "@fastify/busboy";
import { brokenOff, Problem, unsupportedMediaType } from "../http/index.ts";

/** Largest archive in bytes. */
export const ARCHIVE_BYTES_MAX = 50 * 1024 * 1024;
/** What a form has beside its file. */
const FORM_BYTES = 65_536;
const LIMITS = { fields: 8, fieldNameSize: 64, fieldSize: 32_768, files: 1, parts: 9, headerPairs: 16 };
const FORM = "multipart/form-data";

/** A form as it came: its fields, and its file on disk. */
export interface Upload {
  fields: Record<string, string>;
  hasFile: boolean;
}

/**
 * Reads a form with one file, part by part, and writes the file to `path` as it comes.
 *
 * @throws Problem 413, 415, 422, or 400 for a form that breaks off; what was written by then is the caller's to remove
 */
export async function receiveForm(request: IncomingMessage, path: string): Promise<Upload> {
  if (!request.headers["content-type"]?.toLowerCase().startsWith(FORM)) throw unsupportedMediaType(FORM);
  if (Number(request.headers["content-length"] ?? 0) > ARCHIVE_BYTES_MAX + FORM_BYTES) throw archiveTooLarge();
  const form = openForm(request);
  const upload: Upload = { fields: Object.create(null), hasFile: false };
  const { promise: read, resolve, reject } = Promise.withResolvers<void>();
  const writing = new AbortController();
  let written: Promise<void> | undefined;
  let bytes = 0;

  form.on("field", (name, value, isNameCut, isValueCut) => {
    if (isNameCut || isValueCut) reject(malformed(`its field ${JSON.stringify(name.slice(0, 40))} is too long`));
    else upload.fields[name] = value;
  });
  form.on("file", (name, file) => {
    if (name !== "file") reject(malformed('its file is not called "file"'));
    upload.hasFile = true;
    file.on("limit", () => reject(archiveTooLarge()));
    written = pipeline(file as Readable, createWriteStream(path, { flags: "wx", mode: 0o600 }), writing);
    written.catch(reject);
  });
  for (const event of ["partsLimit", "filesLimit", "fieldsLimit"] as const)
    form.on(event, () => reject(malformed("it has too many parts")));
  form.on("error", (error) => reject(request.complete ? malformed((error as Error).message) : brokenOff()));
  form.on("finish", () => resolve());
  const count = ({ length }: Buffer) => {
    bytes += length;
    // What no part of the form counts: preambles, headers and boundaries.
    if (bytes > ARCHIVE_BYTES_MAX + FORM_BYTES) reject(archiveTooLarge());
  };
  const leave = () => request.complete || reject(brokenOff());
  request.on("data", count).once("close", leave).once("error", leave);
  if (request.readableEnded) form.end();
  else request.pipe(form);
  try {
    await read;
    await written;
    return upload;
  } catch (error) {
    request.unpipe(form);
    request.pause();
    writing.abort();
    await written?.catch(() => {});
    throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? diskIsFull() : error;
  } finally {
    request.off("data", count).off("close", leave).off("error", leave);
  }
}

function openForm(request: IncomingMessage): BusboyInstance {
  try {
    return new Busboy({
      headers: request.headers as BusboyHeaders,
      limits: { ...LIMITS, fileSize: ARCHIVE_BYTES_MAX },
    });
  } catch (error) {
    throw malformed((error as Error).message);
  }
}

export const diskIsFull = () =>
  new Problem(503, "The gateway's disk has no room for another archive; tell its operator", {
    headers: { "retry-after": "60" },
  });

const archiveTooLarge = () =>
  new Problem(413, `The archive is too large: at most ${ARCHIVE_BYTES_MAX} bytes`, { code: "archive_too_large" });

const malformed = (what: string) =>
  new Problem(422, [{ type: "form_invalid", loc: ["body"], msg: `The form cannot be read: ${what}` }], {
    code: "validation_failed",
  });
