/** What the person has: its value over time, the positions with live value and gain, and the cash. */

import { createEffect, createMemo, createSignal, For, on, Show } from "solid-js";
import { account, dayGainInCents, equityInCents, gainInCents, held, heldSymbols, valueInCents, watchDay } from "../account";
import { ask } from "../api";
import { type History, history } from "../history";
import { direction, grouped, money, percent, signedMoney } from "../money";
import type { Point } from "../parts/chart";
import { ChartFrame } from "../parts/chart_frame";
import { type Over, OverRange } from "../parts/over_range";
import { ChangeText, PriceText } from "../parts/price";
import { ordersLine } from "../orders";
import { isLive, line, watch } from "../prices";
import { symbolHref } from "../route";
import type { Position, Range, Returns, Worth } from "../shapes";

export function Portfolio() {
  watch(heldSymbols);
  watchDay();
  const [range, setRange] = createSignal<Range>("1d");
  const past = history<Worth>(() => "/portfolio/history", range, (row) => ({ value: row.equityInCents }));
  const gain = gainOver(range);
  const over = () => (past.state() === "there" && past.shown() !== range() ? null : gain()); // not beside the line of another range
  const cents = (known: number | undefined) => (known === undefined ? "—" : money(known));
  const isWhole = () => {
    if (held().length) return held().every((one) => isLive(one.symbol));
    return line() === "live" || (line() === "idle" && ordersLine() === "live"); // all of it is cash
  };
  return (
    <div class="column">
      <header class="portfolio-head">
        <h1 tabindex="-1">Portfolio</h1>
        <p class="big">
          <span class="price" classList={{ old: !isWhole() }} id="equity">
            {equityInCents() === null ? "—" : money(equityInCents()!)}
          </span>
        </p>
        <p class="under-big">
          <span class="as-of">{!account() ? "" : isWhole() ? "live" : "not live"}</span>{" "}
          <span class="today">
            today{" "}
            <Show when={dayGainInCents() !== null} fallback={<span class="change">—</span>}>
              <span class={`change ${direction(dayGainInCents()!)}`} id="day-gain">
                {`${signedMoney(dayGainInCents()!)} (${percent(dayGainInCents()!, (equityInCents() ?? 0) - dayGainInCents()!)})`}
              </span>
            </Show>
          </span>{" "}
          <OverRange over={over()} />
        </p>
      </header>
      <WorthChart past={past} range={range()} change={setRange} isLive={isWhole()} />
      <section class="card" aria-label="Money">
        <dl class="facts">
          <div>
            <dt>Buying power</dt>
            <dd>{cents(account()?.buyingPowerInCents)}</dd>
          </div>
          <div>
            <dt>Cash</dt>
            <dd>{cents(account()?.cashInCents)}</dd>
          </div>
          <div>
            <dt>Held for open orders</dt>
            <dd>{cents(account()?.heldInCents)}</dd>
          </div>
          <div>
            <dt>In positions</dt>
            <dd>{cents(account() ? equityInCents()! - account()!.cashInCents : undefined)}</dd>
          </div>
        </dl>
      </section>
      <section class="card" aria-labelledby="positions-title">
        <h2 id="positions-title">Positions</h2>
        <Show when={held().length} fallback={<p class="hint">{account() ? "Nothing yet. Find a symbol above, or pick one from the list." : "\u00a0"}</p>}>
          <table class="positions">
            <thead>
              <tr>
                <th scope="col">Symbol</th>
                <th scope="col">Price</th>
                <th scope="col" class="wide">
                  Average cost
                </th>
                <th scope="col">Value</th>
                <th scope="col">Gain</th>
              </tr>
            </thead>
            <tbody>
              <For each={heldSymbols()}>{(symbol) => <Row symbol={symbol} />}</For>
            </tbody>
          </table>
        </Show>
      </section>
    </div>
  );
}

function Row(props: { symbol: string }) {
  const one = createMemo<Position>((before) => held().find((row) => row.symbol === props.symbol) ?? before!);
  const gain = () => gainInCents(one());
  return (
    <tr>
      <th scope="row">
        <a href={symbolHref(props.symbol)}>{props.symbol}</a>
        <small>{`${grouped(one().shares)} sh.`}</small>
      </th>
      <td>
        <PriceText symbol={props.symbol} />
        <small>
          <ChangeText symbol={props.symbol} />
        </small>
      </td>
      <td class="wide">{money(one().averageCostInCents)}</td>
      <td>{valueInCents(one()) === null ? "—" : money(valueInCents(one())!)}</td>
      <td class={direction(gain() ?? 0)}>
        {gain() === null ? "—" : signedMoney(gain()!)}
        <small>{gain() === null ? "" : percent(gain()!, valueInCents(one())! - gain()!)}</small>
      </td>
    </tr>
  );
}

/** The broker's word on a longer range, read again with the account, and moved on by live prices. */
function gainOver(range: () => Range): () => Over | null {
  const [read, setRead] = createSignal<{ range: Range; returns: Returns } | null>(null);
  createEffect(
    on([range, account], ([asked]) => {
      if (asked === "1d") return;
      ask<Returns>("GET", `/portfolio/returns?range=${asked}`).then(
        (returns) => range() === asked && setRead({ range: asked, returns }),
        () => {}, // what is shown stays; the next reading of the account asks again
      );
    }),
  );
  return createMemo(() => {
    const known = read();
    if (!known || known.range !== range()) return null;
    const { endEquityInCents, gainInCents } = known.returns;
    const isPriced = held().every((one) => valueInCents(one) !== null);
    const since = isPriced ? (equityInCents() ?? endEquityInCents) - endEquityInCents : 0;
    return { range: known.range, changeInCents: gainInCents + since, baseInCents: endEquityInCents - gainInCents };
  });
}

function WorthChart(props: { past: History; range: Range; change: (range: Range) => void; isLive: boolean }) {
  const range = () => props.range;
  const past = props.past;
  const shown = () => past.shown() ?? range();
  // The last one is of the moment that it was read in, and from the beginning what the headline says; it is read anew long before the next step.
  const live = createMemo((): Point | null => {
    const now = equityInCents();
    if (now === null || past.state() !== "there") return null;
    return { time: past.points().at(-1)!.time, value: now };
  });
  const isUp = createMemo(() => (equityInCents() ?? 0) >= (past.points()[0]?.value ?? 0));
  const label = createMemo(() => {
    const points = past.points();
    if (past.state() !== "there") return `Value over time, ${range()}`;
    return `Value over time, ${shown()}: from ${money(points[0]!.value)} to ${money(points.at(-1)!.value)}`;
  });
  return (
    <ChartFrame
      chart={{
        get points() {
          return past.points();
        },
        get live() {
          return live();
        },
        marks: [],
        levels: [],
        get isUp() {
          return isUp();
        },
        get isLive() {
          return props.isLive;
        },
        get isIntraday() {
          return shown() === "1d" || shown() === "1w";
        },
        inTime: true,
      }}
      label={label()}
      empty="Your line begins with your first days here."
      state={past.state()}
      range={range()}
      change={props.change}
    />
  );
}
