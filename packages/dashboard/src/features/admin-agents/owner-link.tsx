import { Link } from "@tanstack/react-router";
import { enAdmin } from "../../messages/en-admin.ts";
import { OrgLabel } from "../../ui/org-label.tsx";

interface OwnerLinkProps {
  id: string | null | undefined;
  names: ReadonlyMap<string, string>;
}

/** Whose an agent is, with a way to that organization. */
export const OwnerLink = ({ id, names }: OwnerLinkProps) =>
  id ? (
    <Link to="/admin/orgs/$id" params={{ id }} className="text-inherit">
      <OrgLabel id={id} names={names} />
    </Link>
  ) : (
    enAdmin.adminAgents.nobody
  );
