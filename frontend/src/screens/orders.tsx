/** Orders, open and past, as they change. */

import { createMemo, createSignal, For, Show } from "solid-js";
import { sentence } from "../api";
import { hasMoreOpen, isOpen, loadMore, moreOrders, openHere, order, orderIds, ordersLoaded, sameIds } from "../orders";
import { OrderRow } from "../parts/order_row";

export function Orders() {
  const [said, setSaid] = createSignal("");
  const open = openHere(orderIds);
  const past = createMemo(() => orderIds().filter((id) => !open().includes(id)), [], { equals: sameIds });
  const title = createMemo(() => (open().every(isOpen) ? "Open" : "Open, and just settled"));
  const more = () => loadMore().then(() => setSaid("")).catch((error: unknown) => setSaid(sentence(error)));
  return (
    <div class="column">
      <h1 tabindex="-1">Orders</h1>
      <section class="card" aria-labelledby="open-title">
        <h2 id="open-title">{title()}</h2>
        <Show when={open().length} fallback={<p class="hint">{ordersLoaded() ? "No open orders." : "\u00a0"}</p>}>
          <ul class="orders">
            <For each={open()}>{(id) => <OrderRow order={order(id)!} />}</For>
          </ul>
        </Show>
        <Show when={hasMoreOpen()}>
          <p class="hint">You have more open orders than are shown here. The older ones come with “Older orders” below.</p>
        </Show>
      </section>
      <section class="card" aria-labelledby="past-title">
        <h2 id="past-title">Past</h2>
        <Show when={past().length} fallback={<p class="hint">{ordersLoaded() ? "Nothing yet." : "\u00a0"}</p>}>
          <ul class="orders">
            <For each={past()}>{(id) => <OrderRow order={order(id)!} />}</For>
          </ul>
        </Show>
        <Show when={moreOrders()}>
          <button type="button" onClick={more}>
            Older orders
          </button>
        </Show>
        <p class="said" role="alert">
          {said()}
        </p>
      </section>
    </div>
  );
}
