/** The room that a chart has, whether or not there is one yet; its ranges; and whose work it is. */

import { For, lazy, Show, Suspense } from "solid-js";
import type { Range } from "../shapes";
import type { ChartProps } from "./chart";

const Chart = lazy(() => import("./chart"));

const RANGES: [Range, string, string][] = [
  ["1d", "1D", "One day"],
  ["1w", "1W", "One week"],
  ["1m", "1M", "One month"],
  ["1y", "1Y", "One year"],
  ["all", "All", "All there is"],
];

export function ChartFrame(props: {
  chart: ChartProps;
  label: string;
  state: "loading" | "there" | "missing";
  range: Range;
  change: (range: Range) => void;
}) {
  return (
    <figure class="chart">
      <div class="chart-room" role="img" aria-label={props.label}>
        <Show when={props.state !== "missing"} fallback={<p class="hint">There is no history of this yet.</p>}>
          <Suspense>
            <Chart {...props.chart} />
          </Suspense>
        </Show>
      </div>
      <figcaption>
        <div class="ranges" role="group" aria-label="Range of the chart">
          <For each={RANGES}>
            {([range, text, name]) => (
              <button type="button" aria-pressed={props.range === range} aria-label={name} onClick={() => props.change(range)}>
                {text}
              </button>
            )}
          </For>
        </div>
        <small class="credit">
          Charts:{" "}
          <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">
            TradingView
          </a>{" "}
          Lightweight Charts™
        </small>
      </figcaption>
    </figure>
  );
}
