import { expect, test } from "vitest";
import { checkArchitecture } from "./check.ts";

const room = "packages/gateway/src/agents/card.ts";
const check = (text: string, path = room) => checkArchitecture([{ path, text }]);

test.each([
  ['import { request } from "undici";', /may import request of undici/],
  ['import undici from "undici/index.js";', /of undici\/index.js/],
  ['import * as http from "node:http";', /of node:http/],
  ['import http from "http";', /of http/],
  ['import { get } from "node:https";', /may import get of node:https/],
  ['import { connect } from "node:net";', /may import connect of node:net/],
  ['import { connect as dial } from "node:tls";', /may import connect of node:tls/],
  ['import WebSocket from "ws";', /of ws/],
  ['export { Agent } from "undici";', /may import Agent of undici/],
  ['export * from "undici";', /of undici/],
  ['const { request } = await import("node:http");', /everything of node:http/],
  ["export const load = (url: string) => fetch(url);", /global fetch/],
  ["export const load = globalThis.fetch;", /global globalThis.fetch/],
  ['export const load = globalThis["fetch"];', /global globalThis.fetch/],
  ["export const options = { fetch };", /global fetch/],
  ["export const options = { fetch: fetch as typeof fetch };", /global fetch/],
  ["export function load(url: string, get: typeof fetch = fetch) { return get(url); }", /global fetch/],
  ['export const socket = new WebSocket("wss://agent.example");', /global WebSocket/],
])("%s is a way out of its own", (text, message) => {
  expect(check(text)).toEqual([expect.stringMatching(message)]);
});

test.each([
  'import type { Dispatcher } from "undici";',
  'import { STATUS_CODES, type IncomingMessage } from "node:http";',
  'import { createServer } from "node:http";',
  'import { BlockList, isIP } from "node:net";',
  'import { WebSocketServer, type WebSocket } from "ws";',
  'import { Redis } from "ioredis";',
  "export const load = (fetch: typeof globalThis.fetch, url: string) => fetch(url);",
  "export const load = ({ fetch }: { fetch: Fetch }) => fetch('x');",
  "export class Cards { constructor(readonly dialer: { fetch(url: string): void }) { this.dialer.fetch('x'); } }",
  "export interface Options { fetch: typeof fetch }",
])("%s is none", (text) => {
  expect(check(text)).toEqual([]);
});

test("the one room that connects, tests, and other packages are free to", () => {
  for (const path of [
    "packages/gateway/src/outbound/a.ts",
    "packages/gateway/src/agents/a.test.ts",
    "packages/client/src/a.ts",
  ]) {
    expect(check('import { request } from "undici"; fetch("x");', path)).toEqual([]);
  }
});
