import { realpathSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { documentUrl, readDocument } from "../site/read-document.ts";
import { type Bundle, bundleDocument } from "./bundle-document.ts";
import { parseDocument } from "./parse-document.ts";

/** Characters of all documents that one refers to, together. */
const charactersMax = 64 * 1024 * 1024;

/** Reads a document and those it refers to in its own folder or at its own origin. Nothing else is read on its word. */
export async function loadOpenApi(place: string): Promise<Bundle & { url: URL }> {
  const url = documentUrl(place);
  let characters = 0;
  const bundle = await bundleDocument(parseDocument(await readDocument(url), place), url.href, async (uri) => {
    const text = await readDocument(nearby(new URL(uri), url), { redirect: "error" });
    characters += text.length;
    if (characters > charactersMax) throw new Error("the documents together are too large");
    return parseDocument(text, uri);
  });
  return { ...bundle, url };
}

function nearby(uri: URL, document: URL): URL {
  const isNear = document.protocol === "file:" ? isBelow(uri, document) : uri.origin === document.origin;
  if (!isNear) throw new Error("it lies outside the document's own folder or origin");
  return uri;
}

/** In the same folder or further down, also where symbolic links lead. */
function isBelow(uri: URL, document: URL): boolean {
  const folder = new URL(".", document).href;
  if (!uri.href.startsWith(folder)) return false;
  try {
    const real = pathToFileURL(realpathSync(fileURLToPath(uri))).href;
    return real.startsWith(`${pathToFileURL(realpathSync(fileURLToPath(folder))).href}/`);
  } catch {
    return true; // there is no such file, as reading it will tell
  }
}
