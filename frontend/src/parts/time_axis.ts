/** Where points stand along the time, and how times are written there. The library gives each place the same room, whatever its time. */

import { type IChartApi, TickMarkType, type UTCTimestamp } from "lightweight-charts";

export interface Placed {
  time: UTCTimestamp;
  value: number;
}

export const RIGHT_PX = 36; // for the words at the newest fill
const PLACES = 240;
const MOMENTS_S_MAX = 300; // so short a time is told by the second

const SECONDS = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const TIME = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });
const MONTH = new Intl.DateTimeFormat("en-US", { month: "short" });
const FULL = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", year: "numeric" });

/** As far apart as they are in time: with empty places wherever long nothing comes. */
export function spread(points: Placed[]): (Placed | { time: UTCTimestamp })[] {
  const [first, last] = [points[0]?.time ?? 0, points.at(-1)?.time ?? 0];
  const stepS = Math.max(1, Math.ceil((last - first) / PLACES));
  const taken = new Set(points.map(({ time }) => Math.floor((time - first) / stepS)));
  const empty = Array.from({ length: Math.floor((last - first) / stepS) }, (_, step) => step).filter((step) => !taken.has(step));
  return [...points, ...empty.map((step) => ({ time: at(first + step * stepS) }))].sort((a, b) => a.time - b.time);
}

/** From the left edge on. The library leaves half a place free there, for bars: with few of them that is much. */
export function fitLine(chart: IChartApi, places: number): void {
  const scale = chart.timeScale();
  const widthPx = scale.width();
  if (places < 2 || widthPx <= RIGHT_PX) return scale.fitContent();
  const placePx = (widthPx - RIGHT_PX) / (places - 1);
  const to = places - 1.5 + RIGHT_PX / placePx;
  scale.setVisibleLogicalRange({ from: to + 1 - widthPx / placePx, to });
}

/** At the axis, in the reader's own time zone. */
export function tickMark(seconds: number, kind: TickMarkType, wholeS: number): string {
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

/** Under the crosshair. */
export function moment(seconds: number, isIntraday: boolean): string {
  const ms = seconds * 1000;
  return isIntraday ? `${DAY.format(ms)}, ${TIME.format(ms)}` : FULL.format(ms);
}

export function at(seconds: number): UTCTimestamp {
  return seconds as UTCTimestamp;
}
