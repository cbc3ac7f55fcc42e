/** The order ticket: fill in, review, place, and what came of it.
 *
 * Only "Review order" leads to the review. It has a place in the history, so that Back leads to the form; that place alone is no review.
 */

import { batch, createEffect, createMemo, createSignal, Match, on, onCleanup, Show, Switch, untrack } from "solid-js";
import { account, position } from "../account";
import { draftOf } from "../drafts";
import { type Draft, estimate, isMet } from "../estimate";
import { market } from "../market";
import { money, shares } from "../money";
import { OPEN, order } from "../orders";
import { dismiss, isWaiting, place, type Placing, placing } from "../placing";
import { go, replace, route, symbolHref } from "../route";
import type { OrderBody } from "../shapes";
import { standing, status, wish } from "../words";
import { CancelButton } from "./order_row";
import { PriceText } from "./price";

const UNREAD_MS = 500; // the second press of a double click on "Review order" comes within this, and is not meant for "Place order"

export function Ticket(props: { symbol: string; userId: string }) {
  let title!: HTMLHeadingElement;
  const [draft, setDraft] = draftOf(props.symbol);
  const guess = createMemo(() => estimate(props.symbol, draft()));
  const mine = createMemo((): Placing | null => {
    const now = placing();
    return now?.intent.body.symbol === props.symbol ? now : null;
  });
  const [isReview, setIsReview] = createSignal(false);
  const isAtReview = () => {
    const now = route();
    return now.screen === "symbol" && now.review;
  };
  const enterReview = () =>
    batch(() => {
      dismiss();
      setIsReview(true);
      go(`${symbolHref(props.symbol)}/review`);
    });
  const step = createMemo(() => {
    if (mine()?.state === "sending") return "review";
    if (mine()?.state === "placed") return "placed";
    return isReview() ? "review" : "form";
  });
  // It ends with Back, with "Place order", and when the order can no longer be placed as it was read. Its place in the history ends with it.
  createEffect(() => {
    if (!isAtReview() || mine() || guess().body === null) setIsReview(false);
    if (isAtReview() && !isReview()) replace(symbolHref(props.symbol));
  });
  // The review and the answer take the focus; what had it there goes with them.
  createEffect(
    on(
      step,
      (now) => now === "form" && queueMicrotask(() => document.activeElement === document.body && title.focus()),
      { defer: true },
    ),
  );
  onCleanup(() => untrack(mine) && dismiss()); // another symbol's answer has not been read here
  return (
    <section class="card ticket" id="ticket" aria-labelledby="ticket-title">
      <h2 id="ticket-title" class="unseen" tabindex="-1" ref={title}>
        Order ticket for {props.symbol}
      </h2>
      <Switch>
        <Match when={step() === "form"}>
          <Form symbol={props.symbol} draft={draft()} change={(part) => setDraft({ ...draft(), ...part })} refused={mine()} review={enterReview} />
        </Match>
        <Match when={step() === "review"}>
          <Review symbol={props.symbol} draft={draft()} sending={mine()?.state === "sending"} userId={props.userId} />
        </Match>
        <Match when={step() === "placed"}>
          <Placed orderId={(mine() as { orderId: string }).orderId} />
        </Match>
      </Switch>
    </section>
  );
}

function Form(props: { symbol: string; draft: Draft; change: (part: Partial<Draft>) => void; refused: Placing | null; review: () => void }) {
  const guess = createMemo(() => estimate(props.symbol, props.draft));
  const free = () => {
    const mine = position(props.symbol);
    return (mine?.shares ?? 0) - (mine?.heldShares ?? 0);
  };
  const why = () => (props.refused?.state === "refused" ? props.refused.why : "");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (guess().body && !isWaiting()) props.review();
  };
  return (
    <form onSubmit={submit} aria-label={`Order ${props.symbol}`}>
      <fieldset class="sides">
        <legend class="unseen">Buy or sell</legend>
        <Choice name="side" value="buy" label="Buy" chosen={props.draft.side} choose={() => props.change({ side: "buy" })} />
        <Choice name="side" value="sell" label="Sell" chosen={props.draft.side} choose={() => props.change({ side: "sell" })} />
      </fieldset>
      <fieldset class="types">
        <legend class="unseen">Kind of order</legend>
        <Choice name="type" value="market" label="Market" chosen={props.draft.type} choose={() => props.change({ type: "market" })} />
        <Choice name="type" value="limit" label="Limit" chosen={props.draft.type} choose={() => props.change({ type: "limit" })} />
      </fieldset>
      <label class="field">
        <span>Shares</span>
        <input
          name="shares"
          inputmode="numeric"
          autocomplete="off"
          placeholder="0"
          value={props.draft.shares}
          onInput={(event) => props.change({ shares: event.currentTarget.value })}
        />
      </label>
      <Show
        when={props.draft.type === "limit"}
        fallback={
          <p class="field">
            <span>Market price</span>
            <PriceText symbol={props.symbol} />
          </p>
        }
      >
        <label class="field">
          <span>Limit price</span>
          <input
            name="limit"
            inputmode="decimal"
            autocomplete="off"
            placeholder="0.00"
            value={props.draft.limit}
            onInput={(event) => props.change({ limit: event.currentTarget.value })}
          />
        </label>
      </Show>
      <Sums symbol={props.symbol} draft={props.draft} />
      <p class="hint">
        <span>{account() ? `${money(account()!.buyingPowerInCents)} buying power` : "\u00a0"}</span>
        <span>{account() ? `${shares(free())} free to sell` : "\u00a0"}</span>
      </p>
      <button class="main" type="submit" disabled={!guess().body || isWaiting()}>
        Review order
      </button>
      <p class="ticket-said" role="status">
        {guess().trouble ?? closedHint(props.draft)}
      </p>
      <p class="said" role="alert">
        {why()}
      </p>
    </form>
  );
}

function closedHint(draft: Draft): string {
  if (market()?.open !== false) return "";
  return draft.type === "market" ? "The market is closed; a market order would be refused." : "The market is closed.";
}

function Choice(props: { name: string; value: string; label: string; chosen: string; choose: () => void }) {
  return (
    <label class={`choice ${props.value}`}>
      <input type="radio" name={props.name} value={props.value} checked={props.chosen === props.value} onChange={props.choose} />
      <span>{props.label}</span>
    </label>
  );
}

function Sums(props: { symbol: string; draft: Draft }) {
  const guess = createMemo(() => estimate(props.symbol, props.draft));
  const shown = (cents: number | null) => (cents === null ? "—" : money(cents));
  const about = () => (props.draft.type === "market" ? "Estimated " : props.draft.side === "buy" ? "Most it can " : "Least it can ");
  const verb = () => {
    if (props.draft.type === "market") return props.draft.side === "buy" ? "cost" : "proceeds";
    return props.draft.side === "buy" ? "cost" : "bring";
  };
  return (
    <dl class="sums">
      <div>
        <dt>
          {about()}
          {verb()}
        </dt>
        <dd data-sum="cost">{shown(guess().costInCents)}</dd>
      </div>
      <div>
        <dt>Buying power after</dt>
        <dd data-sum="after">{shown(guess().buyingPowerAfterInCents)}</dd>
      </div>
    </dl>
  );
}

function Review(props: { symbol: string; draft: Draft; sending: boolean; userId: string }) {
  const guess = createMemo(() => estimate(props.symbol, props.draft));
  const [isUnread, setIsUnread] = createSignal(true);
  const reading = setTimeout(() => setIsUnread(false), UNREAD_MS);
  onCleanup(() => clearTimeout(reading));
  const press = () => {
    const { body } = guess();
    if (body && !isUnread()) place(props.userId, body);
  };
  const focus = (heading: HTMLElement) => queueMicrotask(() => heading.focus());
  return (
    <div class="review" aria-busy={props.sending}>
      <h3 tabindex="-1" ref={focus}>
        {props.sending ? "Placing your order…" : "Is this right?"}
      </h3>
      <p class="review-wish">{guess().body ? wish(guess().body!) : ""}</p>
      <p class="field">
        <span>Price now</span>
        <PriceText symbol={props.symbol} />
      </p>
      <Sums symbol={props.symbol} draft={props.draft} />
      <p class="hint outlook">{outlook(props.draft, guess().body)}</p>
      <p class="actions">
        {/* not `disabled` while unread: Tab would pass it by */}
        <button
          type="button"
          class={`main ${props.draft.side}`}
          disabled={props.sending || isWaiting() || !guess().body}
          aria-disabled={isUnread()}
          onClick={press}
        >
          {props.sending ? "Placing…" : "Place order"}
        </button>
        <button type="button" disabled={props.sending} onClick={() => history.back()}>
          Change
        </button>
      </p>
    </div>
  );
}

function outlook(draft: Draft, body: OrderBody | null): string {
  if (draft.type === "market")
    return `It fills at the best price there is, never more than 5\u00a0% ${draft.side === "buy" ? "above" : "below"} the last one. What finds no one to trade with is cancelled.`;
  if (!body || !isMet(body)) return "It stays open until it fills or you cancel it.";
  return "The last price is within your limit, so it can fill at once. What does not stays open until it fills or you cancel it.";
}

function Placed(props: { orderId: string }) {
  const found = createMemo(() => order(props.orderId)?.());
  const focus = (heading: HTMLElement) => queueMicrotask(() => heading.focus());
  return (
    <Show when={found()}>
      {(one) => (
        <div class="placed" data-status={one().status}>
          <h3 tabindex="-1" ref={focus}>
            <span class="badge" data-status={one().status}>
              {status(one())}
            </span>{" "}
            {wish(one())}
          </h3>
          <p role="status">{standing(one())}</p>
          <p class="actions">
            <button type="button" class="main" onClick={dismiss}>
              New order
            </button>
            <Show when={OPEN.has(one().status)}>
              <CancelButton order={() => found()!} />
            </Show>
            <a class="button" href="#/orders">
              All orders
            </a>
          </p>
        </div>
      )}
    </Show>
  );
}
