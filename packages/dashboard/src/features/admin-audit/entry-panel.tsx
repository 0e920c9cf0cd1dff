import type { AuditEntry } from "@agentgate/client";
import { shortText, visibleText } from "@agentgate/protocol/format";
import { Link, useNavigate } from "@tanstack/react-router";
import { Fragment, type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Age } from "../../ui/values.tsx";

const said = enAdmin.adminAudit;
const VALUE_MAX = 1_200;

/** Who, in words: the admin, an organization's key, the gateway itself. */
export function actorOf(
  { kind, name, org_id: orgId }: AuditEntry["actor"],
  orgNames: ReadonlyMap<string, string>,
): string {
  if (kind === "gateway") return said.gateway;
  const key = name === null ? "" : ` (${name})`;
  return kind === "admin"
    ? `${said.admin}${key}`
    : `${orgNames.get(orgId ?? "") ?? `${said.org} ${orgId?.slice(0, 8) ?? ""}`}${key}`;
}

const withoutEntry = ({ entry: _entry, ...rest }: PlainSearch): PlainSearch => rest;

/** One change: what was before, what is after, by which request, and its link in the chain. Esc closes it. */
export function EntryPanel({ entry }: { entry: AuditEntry | undefined }) {
  const navigate = useNavigate();
  const heading = useRef<HTMLHeadingElement>(null);
  const id = entry?.id;
  // Whoever opens it by keyboard goes on in it.
  useEffect(() => {
    if (id !== undefined) heading.current?.focus();
  }, [id]);
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === "Escape") void navigate({ to: ".", search: withoutEntry });
  };
  return (
    <aside aria-label={said.panel} className="min-w-0 border-ink-1 border-t pt-3" onKeyDown={onKeyDown}>
      <div className="flex items-baseline justify-between gap-3 pb-3">
        <h2 ref={heading} tabIndex={-1} className="text-section outline-none">
          {entry ? <code>{entry.action}</code> : said.panel}
        </h2>
        <Link to="." className="button" search={withoutEntry}>
          {en.close}
        </Link>
      </div>
      {entry ? <Known entry={entry} /> : <p className="text-ink-2">{said.notHere}</p>}
    </aside>
  );
}

function Known({ entry }: { entry: AuditEntry }) {
  const orgNames = useOrgNames([entry.actor.org_id]);
  const { at, actor, target, org_id: orgId, changes, request_id: requestId, ip, chain } = entry;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <dl className="facts">
        <Fact name={said.at}>
          <Age at={at} />
        </Fact>
        <Fact name={said.who}>
          {visibleText(actorOf(actor, orgNames))} {actor.key_id && <Filter name="actor" value={actor.key_id} />}
          {!actor.key_id && actor.org_id && <Filter name="actor" value={actor.org_id} />}
        </Fact>
        <Fact name={said.target}>
          {target.kind} {target.name && visibleText(target.name)}{" "}
          {target.id && <Filter name="target" value={target.id} />}
        </Fact>
        <Fact name={said.filters.org_id}>
          {orgId ? (
            <Link to="/admin/orgs/$id" params={{ id: orgId }}>
              <code>{orgId}</code>
            </Link>
          ) : (
            "–"
          )}
        </Fact>
        <Fact name={en.request}>{requestId ? <Filter name="request_id" value={requestId} /> : "–"}</Fact>
        <Fact name={said.ip}>
          <code>{ip ?? "–"}</code>
        </Fact>
        <Fact name={said.chain}>
          {chain ? (
            <code className="break-all">
              {chain.seq}:{chain.hash}
            </code>
          ) : (
            said.noLink
          )}
        </Fact>
      </dl>
      {changes.length > 0 && (
        <table className="table slips">
          <caption className="spoken">{said.fields}</caption>
          <thead>
            <tr>
              <th scope="col">{said.field}</th>
              <th scope="col">{said.before}</th>
              <th scope="col">{said.after}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ field, before, after }) => (
              <tr key={field}>
                <th scope="row" className="align-top">
                  <FieldName name={field} />
                </th>
                <td className="align-top" data-head={said.before}>
                  <Value of={before} />
                </td>
                <td className="align-top" data-head={said.after}>
                  <Value of={after} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Value({ of: value }: { of: unknown }) {
  if (value === undefined || value === null) return <span className="text-ink-3">{said.absent}</span>;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return <span className="whitespace-pre-wrap">{shortText(text, VALUE_MAX)}</span>;
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

/** A value that shows the other changes that have it. */
const Filter = ({ name, value }: { name: string; value: string }) => (
  <Link to="." search={(now: PlainSearch) => ({ ...withoutEntry(now), [name]: value })}>
    <code className="break-all">{shortText(value, 128)}</code>
  </Link>
);

/** A path of names, which breaks between them. */
const FieldName = ({ name }: { name: string }) => (
  <code>
    {visibleText(name)
      .split(/(?<=\.)/)
      .map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the path's parts, in their order
        <Fragment key={at}>
          {at > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
  </code>
);
