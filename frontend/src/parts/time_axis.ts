/** Where points stand along the time, and how times are written there. The library gives each place the same room, whatever its time. */

import { TickMarkType, type UTCTimestamp } from "lightweight-charts";

export interface Placed {
  time: UTCTimestamp;
  value: number;
}

const PLACES = 240;
const MOMENTS_S_MAX = 1_800; // so short a time is told by the second: two labels may be of one minute
const DAY_S = 86_400;
const HOURS_S_MAX = 2 * DAY_S;

const SECONDS = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const TIME = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });
const MONTH = new Intl.DateTimeFormat("en-US", { month: "short" });
const FULL = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", year: "numeric" });

/** As far apart as they are in time: with empty places wherever long nothing comes, parts of a second apart where all is of moments. */
export function spread(points: Placed[]): (Placed | { time: UTCTimestamp })[] {
  const first = points[0]?.time ?? 0;
  const wholeS = (points.at(-1)?.time ?? 0) - first;
  const stepS = Math.max(1, Math.ceil(wholeS / PLACES));
  const perStep = wholeS < PLACES ? Math.ceil(PLACES / Math.max(1, wholeS)) : 1;
  const taken = new Set(points.map(({ time }) => Math.floor(((time - first) * perStep) / stepS)));
  const empty = Array.from({ length: Math.floor((wholeS * perStep) / stepS) }, (_, step) => step).filter((step) => !taken.has(step));
  return [...points, ...empty.map((step) => ({ time: at(first + (step * stepS) / perStep) }))].sort((a, b) => a.time - b.time);
}

/** At the axis, in the reader's own time zone. */
export function tickMark(seconds: number, kind: TickMarkType, wholeS: number): string {
  if (!Number.isInteger(seconds)) return ""; // an empty place
  const ms = seconds * 1000;
  switch (kind) {
    case TickMarkType.Year:
      return String(new Date(ms).getFullYear());
    case TickMarkType.Month:
      return MONTH.format(ms);
    case TickMarkType.DayOfMonth:
      return DAY.format(ms);
    default:
      return (wholeS < MOMENTS_S_MAX ? SECONDS : TIME).format(ms);
  }
}

/** Days as the library counts them, in UTC, that would be written like the one before them in the reader's time zone. */
export function repeatedDays(times: readonly number[]): ReadonlySet<number> {
  // What would have been before the first, the library guesses by how far apart they are: if that is of the same day, no day is written there.
  const stepS = Math.ceil((times.at(-1)! - times[0]!) / Math.max(1, times.length - 1));
  const starts = times.filter((time, index) => Math.floor(time / DAY_S) > Math.floor((times[index - 1] ?? time - stepS) / DAY_S));
  return new Set(starts.filter((time, index) => index > 0 && DAY.format(time * 1000) === DAY.format(starts[index - 1]! * 1000)));
}

/** Under the crosshair. */
export function moment(seconds: number, wholeS: number, isIntraday: boolean): string {
  const ms = seconds * 1000;
  if (wholeS < MOMENTS_S_MAX) return `${DAY.format(ms)}, ${SECONDS.format(ms)}`;
  return isIntraday || wholeS < HOURS_S_MAX ? `${DAY.format(ms)}, ${TIME.format(ms)}` : FULL.format(ms);
}

export function at(seconds: number): UTCTimestamp {
  return seconds as UTCTimestamp;
}
