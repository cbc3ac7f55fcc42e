/** A wish without an answer follows the person to every screen, until it has one. */

import { Match, Show, Switch } from "solid-js";
import { giveUp, type Placing, placing, sendAgain } from "../placing";
import { wish } from "../words";

export function Unanswered() {
  const open = () => {
    const now = placing();
    return now && (now.state === "checking" || now.state === "unanswered") ? now : null;
  };
  return (
    <div role="alert">
      <Show when={open()}>{(now) => <Open now={now()} />}</Show>
    </div>
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
            <button type="button" class="main" onClick={sendAgain}>
              Send it again
            </button>
            <button type="button" onClick={giveUp}>
              Leave it
            </button>
          </p>
        </Match>
      </Switch>
    </section>
  );
}
