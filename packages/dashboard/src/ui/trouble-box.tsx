import { goSignIn } from "../app/session.ts";
import { isSignedOut, troubleOf } from "../app/trouble.ts";
import { en } from "../messages/en.ts";

/** What happened and what to do, where the content would be. */
export function TroubleBox({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { message, code, requestId } = troubleOf(error);
  return (
    <div role="alert" className="border-fail border-l-2 bg-fail-wash px-4 py-3">
      <p>{message}</p>
      {code === "insufficient_scope" && <p className="mt-1">{en.whoMay}</p>}
      <p className="mt-2 flex flex-wrap items-center gap-3 text-ink-2">
        {isSignedOut(error) ? (
          <button type="button" className="button" onClick={goSignIn}>
            {en.signIn}
          </button>
        ) : (
          onRetry && (
            <button type="button" className="button" onClick={onRetry}>
              {en.again}
            </button>
          )
        )}
        {requestId && (
          <span>
            {en.request} <code>{requestId}</code>
          </span>
        )}
      </p>
    </div>
  );
}
