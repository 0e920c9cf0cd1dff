import { en } from "../messages/en.ts";
import { send } from "./read.ts";

export function SignOut() {
  const leave = () => void send("/session", { method: "DELETE" }).finally(() => location.assign("/sign-in"));
  return (
    <button type="button" className="text-ink-2 underline underline-offset-2" onClick={leave}>
      {en.signOut}
    </button>
  );
}
