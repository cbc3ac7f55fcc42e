/** What a price or a value did over the range that its chart shows; the day's change has its own place. */

import { Show } from "solid-js";
import { direction, percent, signedMoney } from "../money";
import type { Range } from "../shapes";

export interface Over {
  range: Range;
  changeInCents: number;
  baseInCents: number;
}

const SPANS: Record<Range, string> = { "1d": "today", "1w": "in 1W", "1m": "in 1M", "1y": "in 1Y", all: "in all" };

export function OverRange(props: { over: Over | null }) {
  return (
    <span class="over-range">
      <Show when={props.over}>
        {(over) => (
          <>
            <span class={`change ${direction(over().changeInCents)}`}>
              {`${signedMoney(over().changeInCents)} (${percent(over().changeInCents, over().baseInCents)})`}
            </span>{" "}
            {SPANS[over().range]}
          </>
        )}
      </Show>
    </span>
  );
}
