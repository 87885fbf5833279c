// The server's clock: what is due is due there, and a phone may be minutes off.

/** By how much this clock is ahead; every answer names the server's second, so the smallest difference is the nearest. */
let ahead = null;
/** A greater change is a clock that was set, or a computer that slept. */
const SET = 5_000;

/** `date` is an answer's header. */
export function heard(date) {
  const found = Date.now() - Date.parse(date);
  if (Number.isNaN(found)) return;
  if (ahead === null || found < ahead || found > ahead + SET) ahead = found;
}

/** What the server's clock shows now, in milliseconds. */
export const now = () => Date.now() - (ahead ?? 0);
