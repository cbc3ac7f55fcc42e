/** One symbol: its price and its day, the chart with what is yours on it, your position and orders, and the ticket. */

import { createMemo, createSignal, For, onCleanup, onMount, Show } from "solid-js";
import { gainInCents, position, valueInCents } from "../account";
import { askPage, sentence } from "../api";
import { direction, money, percent, short, signedMoney } from "../money";
import { keep, openHere, order, orderIds } from "../orders";
import { tell } from "../passing";
import { type Over, OverRange } from "../parts/over_range";
import { OrderRow } from "../parts/order_row";
import { AsOf, ChangeText, PriceText } from "../parts/price";
import { PriceChart } from "../parts/price_chart";
import { Ticket } from "../parts/ticket";
import { quote, refresh, watch } from "../prices";
import { replace, symbolHref } from "../route";
import type { Order } from "../shapes";
import { isMissing } from "../wanted";
import * as lists from "../watchlists";

const SUMMARY_EVERY_MS = 5_000;
const ORDERS_SHOWN_MAX = 5;

export function Symbol(props: { symbol: string; userId: string }) {
  const isKnown = createMemo(() => quote(props.symbol)() !== undefined);
  const [over, setOver] = createSignal<Over | null>(null);
  watch(() => [props.symbol]);
  return (
    <Show when={!isMissing(props.symbol)} fallback={<Unknown symbol={props.symbol} />}>
      <div class="symbol">
        <div class="symbol-price">
          <Head symbol={props.symbol} over={over()} />
          <PriceChart symbol={props.symbol} isKnown={isKnown()} tell={setOver} />
        </div>
        <Ticket symbol={props.symbol} userId={props.userId} />
        <Show when={isKnown()}>
          <Rest symbol={props.symbol} />
        </Show>
      </div>
    </Show>
  );
}

/** Names are upper case in this market: one that was typed otherwise leads to the one that is meant, if there is such. */
function Unknown(props: { symbol: string }) {
  const upper = props.symbol.toUpperCase();
  const [isNothing, setIsNothing] = createSignal(upper === props.symbol);
  let isGone = false;
  onCleanup(() => (isGone = true));
  onMount(async () => {
    if (isNothing()) return;
    await refresh([upper]).catch(() => {});
    if (isGone) return;
    if (quote(upper)()) replace(symbolHref(upper));
    else setIsNothing(true);
  });
  return (
    <Show when={isNothing()}>
      <Nothing symbol={props.symbol} />
    </Show>
  );
}

/** What had the focus before the broker's answer is gone. */
function Nothing(props: { symbol: string }) {
  let title!: HTMLHeadingElement;
  onMount(() => document.activeElement === document.body && title.focus({ preventScroll: true }));
  return (
    <section class="card">
      <h1 tabindex="-1" ref={title}>
        {props.symbol}
      </h1>
      <p>
        Nothing trades here under this name. Search for another above, or go to your <a href="#/">portfolio</a>.
      </p>
    </section>
  );
}

/** The day, and what is yours; asked for once it is known that there is such a symbol. */
function Rest(props: { symbol: string }) {
  onMount(() => {
    const again = () => refresh([props.symbol]).catch(() => {}); // what is shown stays, with its time
    void again();
    const timer = setInterval(again, SUMMARY_EVERY_MS);
    onCleanup(() => clearInterval(timer));
    askPage<Order>(`/orders?symbol=${encodeURIComponent(props.symbol)}&limit=50`).then(
      ({ rows }) => keep(...rows),
      () => {}, // the newest orders are there anyway
    );
  });
  return (
    <div class="symbol-rest">
      <Day symbol={props.symbol} />
      <Mine symbol={props.symbol} />
    </div>
  );
}

function Head(props: { symbol: string; over: Over | null }) {
  const followed = () => lists.isFollowed(props.symbol);
  const toggle = () => {
    const work = followed() ? lists.unfollow(props.symbol) : lists.follow(props.symbol);
    work.catch((error: unknown) => tell(sentence(error)));
  };
  return (
    <header class="symbol-head">
      <div class="symbol-name">
        <h1 tabindex="-1">{props.symbol}</h1>
        <p>{quote(props.symbol)()?.name ?? "\u00a0"}</p>
        <button type="button" aria-pressed={followed()} onClick={toggle}>
          {followed() ? "Following" : "Follow"}
        </button>
      </div>
      <p class="big">
        <PriceText symbol={props.symbol} />
      </p>
      <p class="under-big">
        <AsOf symbol={props.symbol} />{" "}
        <span class="today">
          today <ChangeText symbol={props.symbol} withMoney />
        </span>{" "}
        <OverRange over={props.over} />
      </p>
    </header>
  );
}

function Day(props: { symbol: string }) {
  const known = () => quote(props.symbol)()!;
  const cents = (value: number | null) => (value === null ? "—" : money(value));
  const at = () => {
    const { dayLowInCents: low, dayHighInCents: high, priceInCents } = known();
    return low === null || high === null || high <= low ? 0.5 : Math.min(1, Math.max(0, (priceInCents - low) / (high - low)));
  };
  return (
    <section class="card day" aria-label="Today">
      <div class="day-range">
        <span class="label">Day’s range</span>
        <span class="num">{cents(known().dayLowInCents)}</span>
        <span class="track" aria-hidden="true" ref={(track) => follow(track, at)} />
        <span class="num">{cents(known().dayHighInCents)}</span>
      </div>
      <dl class="facts">
        <div>
          <dt>Open</dt>
          <dd>{cents(known().dayOpenInCents)}</dd>
        </div>
        <div>
          <dt>Previous close</dt>
          <dd>{cents(known().previousCloseInCents)}</dd>
        </div>
        <div>
          <dt>Volume</dt>
          <dd>{short(known().dayVolume)}</dd>
        </div>
      </dl>
    </section>
  );
}

function follow(track: HTMLElement, at: () => number): void {
  const place = createMemo(() => at().toFixed(3));
  createMemo(() => track.style.setProperty("--at", place()));
}

function Mine(props: { symbol: string }) {
  const mine = () => position(props.symbol);
  const has = () => (mine()?.shares ?? 0) > 0;
  const shown = createMemo(() => orderIds().filter((id) => order(id)!().symbol === props.symbol));
  const open = openHere(shown);
  const first = createMemo(() => [...new Set([...open(), ...shown()])].slice(0, Math.max(open().length, ORDERS_SHOWN_MAX)));
  return (
    <>
      <section class="card" aria-labelledby="position-title">
        <h2 id="position-title">Your position</h2>
        <Show when={has()} fallback={<p class="hint">You have no {props.symbol}.</p>}>
          <dl class="facts">
            <div>
              <dt>Shares</dt>
              <dd>{mine()!.shares}</dd>
            </div>
            <div>
              <dt>Average cost</dt>
              <dd>{money(mine()!.averageCostInCents)}</dd>
            </div>
            <div>
              <dt>Value</dt>
              <dd>{money(valueInCents(mine()!) ?? 0)}</dd>
            </div>
            <div>
              <dt>Gain</dt>
              <dd class={direction(gainInCents(mine()!) ?? 0)}>
                {signedMoney(gainInCents(mine()!) ?? 0)}{" "}
                <small>{percent(gainInCents(mine()!) ?? 0, (valueInCents(mine()!) ?? 0) - (gainInCents(mine()!) ?? 0))}</small>
              </dd>
            </div>
            <Show when={mine()!.heldShares > 0}>
              <div>
                <dt>Held by orders</dt>
                <dd>{mine()!.heldShares}</dd>
              </div>
            </Show>
          </dl>
        </Show>
      </section>
      <Show when={first().length}>
        <section class="card" aria-labelledby="symbol-orders-title">
          <h2 id="symbol-orders-title">Your orders of {props.symbol}</h2>
          <ul class="orders">
            <For each={first()}>{(id) => <OrderRow order={order(id)!} />}</For>
          </ul>
          <Show when={shown().length > first().length}>
            <p class="hint">
              Older ones are not shown here: see <a href="#/orders">all orders</a>.
            </p>
          </Show>
        </section>
      </Show>
    </>
  );
}
