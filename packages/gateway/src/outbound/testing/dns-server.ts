import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

export interface DnsServer extends AsyncDisposable {
  /** `address:port`, as resolvers are told. */
  server: string;
  /** Questions so far, as `A agent.test`. */
  questions: string[];
}

/**
 * Addresses to answer the n-th question of one type for one name with, counted from 0: IPv4 to type A, IPv6 to AAAA. None is
 * "no such name"; null is no answer at all.
 */
export type Zone = (name: string, count: number) => readonly string[] | null;

const types: Record<number, string> = { 1: "A", 28: "AAAA" };

/** A name server (RFC 1035, section 4) on loopback, one question a packet, answers with a time to live of 0. */
export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const questions: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, client) => {
    const labels: string[] = [];
    let at = 12;
    while (query[at] !== 0) {
      labels.push(query.toString("latin1", at + 1, at + 1 + query[at]!));
      at += 1 + query[at]!;
    }
    const name = labels.join(".").toLowerCase();
    const type = types[query.readUInt16BE(at + 1)] ?? "other";
    const question = `${type} ${name}`;
    const addresses = zone(name, questions.filter((earlier) => earlier === question).length);
    questions.push(question);
    if (addresses === null) return;
    const records = addresses.filter((address) => isIPv6(address) === (type === "AAAA")).map(record);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(addresses.length > 0 ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([header, query.subarray(12, at + 5), ...records]), client.port, client.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    server: `127.0.0.1:${socket.address().port}`,
    questions,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}

/** The answer that the questioned name (a pointer to offset 12) has this address. */
function record(address: string): Buffer {
  const data = isIPv6(address) ? ipv6Bytes(address) : Buffer.from(address.split(".").map(Number));
  const fixed = Buffer.from([0xc0, 0x0c, 0, data.length === 4 ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, data.length]);
  return Buffer.concat([fixed, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [left = "", right = ""] = address.split("::");
  const groups = (part: string) => part.split(":").filter(Boolean);
  const zeros = Array<string>(8 - groups(left).length - groups(right).length).fill("0");
  const all = address.includes("::") ? [...groups(left), ...zeros, ...groups(right)] : groups(address);
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
