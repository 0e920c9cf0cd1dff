import { Agent as HttpAgent, request } from "node:http";
import type { TestGateway } from "../../testing/index.ts";

export const FORM_TYPE = "multipart/form-data; boundary=form-end";

/** A form as the SDKs send it: its fields, then its file. */
export function formOf(archive: Buffer | undefined, fields: Record<string, string> = {}, name = "file"): Buffer {
  const parts: Buffer[] = Object.entries(fields).map(([field, value]) =>
    Buffer.from(`--form-end\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`),
  );
  if (archive) {
    const head = `--form-end\r\nContent-Disposition: form-data; name="${name}"; filename="agent.tar.gz"\r\nContent-Type: application/gzip\r\n\r\n`;
    parts.push(Buffer.from(head), archive, Buffer.from("\r\n"));
  }
  return Buffer.concat([...parts, Buffer.from("--form-end--\r\n")]);
}

export interface FormReply {
  status: number;
  body: any;
}

/** Sends a form, and gives whatever is answered, also before all of it is sent. */
export function sendForm(
  { url }: Pick<TestGateway, "url">,
  body: Buffer,
  key: string,
  { path = "/deploy/", type = FORM_TYPE, chunked = false } = {},
): Promise<FormReply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, {
      method: "POST",
      agent: new HttpAgent(),
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": type,
        ...(chunked ? { "transfer-encoding": "chunked" } : { "content-length": body.length }),
      },
    });
    let answered = false;
    outgoing.on("error", (error) => answered || reject(error));
    outgoing.on("response", async (response) => {
      answered = true;
      let text = "";
      for await (const piece of response) text += piece;
      resolve({ status: response.statusCode!, body: text === "" ? undefined : JSON.parse(text) });
    });
    outgoing.end(body);
  });
}
