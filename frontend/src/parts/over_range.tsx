/** What a price or a value did over the range that its chart shows; the day's change has its own place. */

import { Show } from "solid-js";
import { direction, percent, signedMoney } from "../money";
import type { Range } from "../shapes";

export interface Over {
  range: Range;
  changeInCents: number;
  baseInCents: number;
  /** When the first bar shown begins, in seconds: a young symbol has none of the range's beginning. */
  firstS?: number;
}

const SPANS: Record<Range, string> = { "1d": "today", "1w": "in 1W", "1m": "in 1M", "1y": "in 1Y", all: "in all" };

const DAY_S = 86_400;
const DAYS: Record<Range, number> = { "1d": 1, "1w": 7, "1m": 31, "1y": 366, all: Infinity };
const SHUT_DAYS_MAX = 4.5; // a weekend with a holiday, up to the hour of opening; and a day for a range that counts from midnight
const NEW_YORK = { timeZone: "America/New_York", month: "short", day: "numeric" } as const;
const DAY = new Intl.DateTimeFormat("en-US", NEW_YORK);
const DAY_AND_YEAR = new Intl.DateTimeFormat("en-US", { ...NEW_YORK, year: "numeric" });

/** "in 1M", or "since Nov 19" where there is nothing from before. */
function span({ range, firstS }: Over): string {
  const nowS = Date.now() / 1000;
  if (firstS === undefined || firstS < nowS - (DAYS[range] - SHUT_DAYS_MAX) * DAY_S) return SPANS[range];
  const isOfYear = new Date(firstS * 1000).getFullYear() === new Date().getFullYear();
  return `since ${(isOfYear ? DAY : DAY_AND_YEAR).format(firstS * 1000)}`;
}

export function OverRange(props: { over: Over | null }) {
  return (
    <span class="over-range">
      <Show when={props.over}>
        {(over) => (
          <>
            <span class={`change ${direction(over().changeInCents)}`}>
              {`${signedMoney(over().changeInCents)} (${percent(over().changeInCents, over().baseInCents)})`}
            </span>{" "}
            {span(over())}
          </>
        )}
      </Show>
    </span>
  );
}
