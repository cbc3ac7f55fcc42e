/** The room that a chart has, whether or not there is one yet; its ranges; and whose work it is. */

import { For, lazy, Show, Suspense } from "solid-js";
import type { State } from "../history";
import type { Range } from "../shapes";
import type { ChartProps } from "./chart";

const Chart = lazy(() => import("./chart"));

const RANGES: [Range, string, string][] = [
  ["1d", "1D", "one day"],
  ["1w", "1W", "one week"],
  ["1m", "1M", "one month"],
  ["1y", "1Y", "one year"],
  ["all", "All", "all there is"],
];

const FAILED = "This history could not be had. Trying again…";

export function ChartFrame(props: {
  chart: ChartProps;
  label: string;
  empty: string;
  state: State;
  range: Range;
  change: (range: Range) => void;
}) {
  const instead = () => (props.state === "missing" ? props.empty : props.state === "failed" ? FAILED : "");
  return (
    <figure class="chart">
      <div class="chart-room" role="img" aria-label={instead() ? `${props.label}. ${instead()}` : props.label}>
        <Show when={props.state === "there"} fallback={<p class="hint">{instead()}</p>}>
          <Suspense>
            <Chart {...props.chart} />
          </Suspense>
        </Show>
      </div>
      <figcaption>
        <div class="ranges" role="group" aria-label="Range of the chart">
          <For each={RANGES}>
            {([range, text, name]) => (
              <button type="button" aria-pressed={props.range === range} aria-label={`${text}, ${name}`} onClick={() => props.change(range)}>
                {text}
              </button>
            )}
          </For>
        </div>
        <small class="credit">
          Times are yours; the market’s day is New York’s. Charts:{" "}
          <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">
            TradingView
          </a>{" "}
          Lightweight Charts™
        </small>
      </figcaption>
    </figure>
  );
}
