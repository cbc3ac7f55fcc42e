/** The room that a chart has, whether or not there is one yet; its ranges; and whose work it is. */

import { type Component, createEffect, createSignal, For, Show } from "solid-js";
import type { State } from "../history";
import type { Range } from "../shapes";
import type { ChartProps } from "./chart";

const [Chart, setChart] = createSignal<Component<ChartProps>>();

/** Its script comes by itself, when there is a chart to draw. False: it did not come. */
async function loadChart(): Promise<boolean> {
  try {
    const { default: loaded } = await import("./chart");
    setChart(() => loaded);
    return true;
  } catch {
    return false;
  }
}

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
  const [isFailed, setIsFailed] = createSignal(false);
  let ranges!: HTMLDivElement;
  const load = async () => setIsFailed(!(await loadChart()));
  const again = async () => {
    await load();
    if (!isFailed()) ranges.querySelector<HTMLElement>("[aria-pressed=true]")?.focus(); // the button had it, and is gone
  };
  createEffect(() => {
    if (props.state === "there" && !Chart()) void load();
  });
  return (
    <figure class="chart">
      <Show when={!isFailed() || Chart()} fallback={<Failed again={again} />}>
        <div class="chart-room" role="img" aria-label={instead() ? `${props.label}. ${instead()}` : props.label}>
          <Show when={props.state === "there"} fallback={<p class="hint">{instead()}</p>}>
            <Show when={Chart()}>
              {(loaded) => {
                const Drawn = loaded();
                return <Drawn {...props.chart} />;
              }}
            </Show>
          </Show>
        </div>
      </Show>
      <figcaption>
        <div class="ranges" ref={ranges} role="group" aria-label="Range of the chart">
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

function Failed(props: { again: () => void }) {
  return (
    <div class="chart-room">
      <div class="chart-failed" role="alert">
        <p class="hint">The chart could not be loaded. If it stays away, load the page again.</p>
        <button type="button" onClick={props.again}>
          Try again
        </button>
      </div>
    </div>
  );
}
