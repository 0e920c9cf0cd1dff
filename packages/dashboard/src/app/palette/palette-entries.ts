import { en } from "../../messages/en.ts";
import type { Place } from "../places.ts";
import type { PlainSearch } from "../plain-search.ts";

/** Something to go to. */
export interface PaletteEntry {
  id: string;
  /** Of what kind it is, as the list says it before the name. */
  kind: string;
  label: string;
  /** What tells it from others of its name. */
  detail?: string;
  to: string;
  search?: PlainSearch;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TRACE = /^[0-9a-f]{32}$/i;
/** What is an id, and nobody's word for a page: it has a digit, and no spaces. */
const ID = /^(?=.*\d)[\w.:-]{6,255}$/;
const said = en.palette;

/** Pages whose name has what was typed; those that begin with it first. */
export function pagesFor(text: string, places: readonly Place[]): PaletteEntry[] {
  const wanted = text.trim().toLowerCase();
  const rank = ({ label }: Place) => (label.toLowerCase().startsWith(wanted) ? 0 : 1);
  return places
    .filter(({ label }) => label.toLowerCase().includes(wanted))
    .sort((a, b) => rank(a) - rank(b))
    .map(({ to, label }) => ({ id: to, kind: said.page, label, to }));
}

/** What an id may be the id of. Which it is only the page behind it can tell. */
export function idsFor(text: string): PaletteEntry[] {
  const id = text.trim();
  const entry = (kind: string, to: string, search?: PlainSearch): PaletteEntry => ({
    id: `${kind} ${id}`,
    kind,
    label: id,
    to,
    ...(search && { search }),
  });
  /** Whenever it was. */
  const logs = (name: string) => ({ range: "90d", [name]: id });
  if (UUID.test(id)) {
    return [
      entry(said.call, "/dashboard/logs", logs("log")),
      entry(said.agent, `/dashboard/agents/${id}`),
      entry(said.callsOf, "/dashboard/logs", logs("agent_id")),
      entry(said.payer, "/dashboard/logs", logs("payer_org_id")),
      entry(said.request, "/dashboard/logs", logs("request_id")),
      entry(said.delivery, "/dashboard/webhooks", { tab: "deliveries", delivery: id }),
      entry(said.chain, "/dashboard/chains", { chain: id }),
    ];
  }
  if (TRACE.test(id)) return [entry(said.trace, "/dashboard/logs", logs("trace_id"))];
  if (ID.test(id)) {
    return [
      entry(said.task, "/dashboard/logs", logs("task_id")),
      entry(said.request, "/dashboard/logs", logs("request_id")),
    ];
  }
  return [];
}
