import { shortText } from "@agentgate/protocol/format";
import { useNavigate } from "@tanstack/react-router";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { filterNames } from "./logs-api.ts";

const said = en.logs;
const VALUE_MAX = 36;

/** What narrows the log now: each can be taken away. Values in rows and details add to it. */
export function LogFilters({ search }: { search: PlainSearch }) {
  const navigate = useNavigate();
  const set = (name: string, value: string | undefined) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, [name]: value }) });
  const chosen = filterNames.filter((name) => name !== "status" && search[name]);
  return (
    <div className="flex flex-wrap items-center gap-2 pb-4">
      <fieldset className="flex">
        <legend className="spoken">{said.status}</legend>
        {([undefined, "success", "error"] as const).map((status) => (
          <label key={status ?? "all"} className="segment">
            <input
              type="radio"
              name="status"
              className="spoken"
              checked={search.status === status}
              onChange={() => set("status", status)}
            />
            {status === undefined ? said.all : status === "success" ? said.ok : said.failed}
          </label>
        ))}
      </fieldset>
      {chosen.map((name) => (
        <button key={name} type="button" className="button" onClick={() => set(name, undefined)}>
          {said.names[name as keyof typeof said.names]} <code>{shortText(search[name]!, VALUE_MAX)}</code>
          <span aria-hidden="true">×</span>
          <span className="spoken">{said.remove}</span>
        </button>
      ))}
    </div>
  );
}
