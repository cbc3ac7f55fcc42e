/** The chart of one symbol: history, live from then on, the person's fills as arrows and open limit orders as lines. */

import { createEffect, createMemo, createSignal } from "solid-js";
import { fillsOf } from "../fills";
import { history, liveTime, stepAt } from "../history";
import { money, moment } from "../money";
import { OPEN, order, orderIds } from "../orders";
import { isLive, quote } from "../prices";
import type { Activity, Bar, Range } from "../shapes";
import type { Level, Point } from "./chart";
import { ChartFrame } from "./chart_frame";
import type { Mark } from "./fill_marks";
import type { Over } from "./over_range";

/** `isKnown`: the broker has told of the symbol, so that it has a history. */
export function PriceChart(props: { symbol: string; isKnown: boolean; tell: (over: Over | null) => void }) {
  const [range, setRange] = createSignal<Range>("1d");
  const path = createMemo(() => (props.isKnown ? `/symbol/${encodeURIComponent(props.symbol)}/history` : null));
  const past = history<Bar>(path, range, (bar) => ({ value: bar.closeInCents, volume: bar.volume, open: bar.openInCents }));
  const known = () => quote(props.symbol)();
  const live = createMemo((): Point | null => {
    const now = known();
    if (!now || past.state() !== "there" || !isLive(props.symbol)) return null;
    return { time: liveTime(past.points(), past.stepS()), value: now.priceInCents };
  });
  const shown = () => past.shown() ?? range();
  const first = () => (shown() === "1d" ? known()?.previousCloseInCents : undefined) ?? past.points()[0]?.value ?? 0;
  const last = () => known()?.priceInCents ?? past.points().at(-1)?.value ?? 0;
  const marks = fillMarks(props.symbol, past.points);
  const label = createMemo(() => {
    const points = past.points();
    if (past.state() !== "there") return `Chart of ${props.symbol}, ${range()}`;
    const values = points.map((one) => one.value);
    const from = money(Math.min(...values));
    const whole = `Chart of ${props.symbol}, ${shown()}: between ${from} and ${money(Math.max(...values))}, from ${money(values[0]!)} to ${money(values.at(-1)!)}`;
    const own = marks().map((mark) => `${mark.side === "buy" ? "bought" : "sold"} ${mark.shares} at ${moment(mark.filledAt)}`);
    return own.length ? `${whole}. Yours: ${own.join("; ")}.` : whole;
  });
  createEffect(() => {
    const from = past.points()[0];
    if (shown() !== range() || shown() === "1d" || past.state() !== "there" || !from) return props.tell(null);
    const baseInCents = from.open ?? from.value;
    props.tell({ range: shown(), changeInCents: last() - baseInCents, baseInCents, firstS: from.time });
  });
  const isUp = createMemo(() => last() >= first());
  const levels = createMemo((): Level[] => openLevels(props.symbol));
  return (
    <ChartFrame
      chart={{
        get points() {
          return past.points();
        },
        get live() {
          return live();
        },
        get marks() {
          return marks();
        },
        get levels() {
          return levels();
        },
        get isUp() {
          return isUp();
        },
        get isLive() {
          return isLive(props.symbol);
        },
        get isIntraday() {
          return shown() === "1d" || shown() === "1w";
        },
      }}
      label={label()}
      empty="There is no history of this yet."
      state={past.state()}
      range={range()}
      change={setRange}
    />
  );
}

function openLevels(symbol: string): Level[] {
  return orderIds().flatMap((id) => {
    const one = order(id)!();
    if (one.symbol !== symbol || one.priceInCents === null || !OPEN.has(one.status)) return [];
    const left = one.numShares - one.filledShares;
    return [{ value: one.priceInCents, side: one.position, text: `${one.position === "buy" ? "Buy" : "Sell"} ${left}` }];
  });
}

/** Read again whenever an order of this symbol fills further. */
function fillMarks(symbol: string, points: () => Point[]): () => Mark[] {
  const filled = createMemo(() =>
    orderIds().reduce((sum, id) => {
      const one = order(id)!();
      return one.symbol === symbol ? sum + one.filledShares : sum;
    }, 0),
  );
  const sinceMs = createMemo(() => (points().length ? points()[0]!.time * 1000 : null));
  const fills = fillsOf(symbol, sinceMs, filled);
  return createMemo(() => marksOf(fills(), points()));
}

/** One arrow for each side in each step, with the shares summed; in the order of time. */
function marksOf(fills: Activity[], points: Point[]): Mark[] {
  const sums = new Map<string, Mark>();
  for (const fill of fills.toReversed()) {
    const time = stepAt(points, Date.parse(fill.time) / 1000);
    if (time === null || !fill.position) continue;
    const key = `${time} ${fill.position}`;
    const sum = sums.get(key) ?? { time, side: fill.position, shares: 0, filledAt: fill.time };
    sums.set(key, { ...sum, shares: sum.shares + (fill.shares ?? 0) });
  }
  return [...sums.values()];
}
