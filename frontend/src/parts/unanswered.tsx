/** A wish whose ticket is not on the screen is told of on every other, until it has an answer that was read; one without an answer everywhere. */

import { Match, onCleanup, Show, Switch } from "solid-js";
import { order } from "../orders";
import { dismiss, giveUp, type Placing, placing, sendAgain } from "../placing";
import { route, symbolHref } from "../route";
import { standing, wish } from "../words";

export function Unanswered() {
  const when = (holds: (now: Placing) => boolean) => {
    const now = placing();
    return now && holds(now) ? now : null;
  };
  return (
    <>
      <div role="alert">
        <Show when={when(isOpen)}>{(now) => <Open now={now()} />}</Show>
      </div>
      <div role="status">
        <Show when={when((now) => !isOpen(now) && !isOnScreen(now))}>{(now) => <Elsewhere now={now()} />}</Show>
      </div>
    </>
  );
}

function isOpen({ state }: Placing): boolean {
  return state === "checking" || state === "unanswered";
}

function isOnScreen(now: Placing): boolean {
  const here = route();
  return here.screen === "symbol" && here.symbol === now.intent.body.symbol;
}

/** Over the page: it comes and goes by itself. */
function Elsewhere(props: { now: Placing }) {
  const said = () => {
    const { now } = props;
    if (now.state === "refused") return `not placed. ${now.why}`;
    const found = now.state === "placed" ? order(now.orderId)?.() : undefined;
    return found ? standing(found) : "being placed…";
  };
  return (
    <section class="notice grave passing elsewhere" aria-label="Order on its way">
      <p>
        <b>{wish(props.now.intent.body)}</b>: {said()}
      </p>
      <Show when={props.now.state !== "sending"}>
        <p class="actions">
          <a class="button" href={symbolHref(props.now.intent.body.symbol)}>
            Go to {props.now.intent.body.symbol}
          </a>
          <button type="button" ref={passOnFocus} onClick={dismiss}>
            Close
          </button>
        </p>
      </Show>
    </section>
  );
}

function Open(props: { now: Placing }) {
  return (
    <section class="notice grave unanswered" aria-label="Order without an answer">
      <p>
        <b>{wish(props.now.intent.body)}</b>
        {props.now.state === "checking" ? ": no answer came. Asking whether it was placed…" : ""}
      </p>
      <Switch>
        <Match when={props.now.state === "unanswered"}>
          <p>The broker does not have this order. It can be sent again safely: it will not be placed twice.</p>
          <p class="actions">
            <button type="button" class="main" ref={passOnFocus} onClick={sendAgain}>
              Send it again
            </button>
            <button type="button" ref={passOnFocus} onClick={giveUp}>
              Leave it
            </button>
          </p>
        </Match>
      </Switch>
    </section>
  );
}

/** It goes with what it was pressed for: its focus goes to the ticket, or to the screen's title. */
function passOnFocus(button: HTMLElement): void {
  onCleanup(() => {
    if (document.activeElement !== button) return;
    queueMicrotask(() => {
      if (document.activeElement !== document.body) return;
      document.querySelector<HTMLElement>("#ticket-title")?.focus();
      if (document.activeElement === document.body) document.querySelector<HTMLElement>("h1")?.focus();
    });
  });
}
