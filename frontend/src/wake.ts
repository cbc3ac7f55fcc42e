/** That the machine slept, as seen from inside: by the clock on the wall a timer fires much later than asked. Timers' own clock stood still. */

const EVERY_MS = 1_000;
const LATE_MS_MAX = 5_000;

/** Until what it gives is called. */
export function whenWoken(told: () => void): () => void {
  let lookedAtMs = Date.now();
  const look = () => {
    const nowMs = Date.now();
    const isLate = nowMs - lookedAtMs > EVERY_MS + LATE_MS_MAX;
    lookedAtMs = nowMs;
    if (isLate) told();
  };
  const timer = setInterval(look, EVERY_MS);
  addEventListener("focus", look);
  return () => {
    clearInterval(timer);
    removeEventListener("focus", look);
  };
}
