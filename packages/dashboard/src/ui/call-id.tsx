const TAIL = 8;

/** A call's id in short: its end, for ids of calls begin with their time, and those of a moment with the same. */
export const CallId = ({ id }: { id: string }) => <code title={id}>…{id.slice(-TAIL)}</code>;
