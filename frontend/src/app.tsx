/** The shell: who is here decides between the door and the floor; the address decides which screen. */

import { createEffect, createMemo, createSignal, Match, on, onCleanup, onMount, Show, Switch } from "solid-js";
import { refreshAccount } from "./account";
import { sentence } from "./api";
import { followMarket, leaveMarket, market } from "./market";
import { followOrders, hurryOrders, leaveOrders, ordersLine } from "./orders";
import { Notice } from "./parts/notice";
import { TopBar } from "./parts/top_bar";
import { Unanswered } from "./parts/unanswered";
import { Watchlists } from "./parts/watchlists";
import { recover } from "./placing";
import * as prices from "./prices";
import { route } from "./route";
import { Activity } from "./screens/activity";
import { Orders } from "./screens/orders";
import { Portfolio } from "./screens/portfolio";
import { SignIn } from "./screens/sign_in";
import { Symbol } from "./screens/symbol";
import { begin, person } from "./session";
import { whenWoken } from "./wake";
import { loadWatchlists } from "./watchlists";

const RETRY_MS = 2_000;
const HIDDEN_MS_MAX = 3_000;

export function App() {
  const [trouble, setTrouble] = createSignal("");
  let wasAtDoor = false;
  createEffect(() => (wasAtDoor ||= person() === null));
  const start = () =>
    begin()
      .then(() => setTrouble(""))
      .catch((error: unknown) => {
        setTrouble(sentence(error));
        setTimeout(start, RETRY_MS);
      });
  void start();
  return (
    <Switch fallback={<Starting trouble={trouble()} />}>
      <Match when={person() === null}>
        <SignIn />
      </Match>
      <Match when={person()}>{(who) => <Floor userId={who().userId} email={who().email} fromDoor={wasAtDoor} />}</Match>
    </Switch>
  );
}

function Starting(props: { trouble: string }) {
  return (
    <Show when={props.trouble}>
      <p class="starting" role="alert">
        {props.trouble} Trying again…
      </p>
    </Show>
  );
}

function Floor(props: { userId: string; email: string; fromDoor: boolean }) {
  let content!: HTMLElement;
  follow();
  const focusTitle = () => content.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  onMount(() => {
    recover(props.userId);
    if (props.fromDoor) focusTitle(); // what had the focus went with the door
  });
  const screen = createMemo(screenName); // the review is a step on the same screen: nothing moves
  createEffect(
    on(
      screen,
      () => {
        scrollTo(0, 0);
        focusTitle();
      },
      { defer: true },
    ),
  );
  createEffect(() => (document.title = `${screenName()} · Locksley`));
  const stale = () => prices.line() !== "live" && prices.line() !== "idle";
  return (
    <div class="shell" classList={{ stale: stale(), shut: market()?.open === false }} data-screen={route().screen}>
      <a class="skip" href="#content" onClick={(event) => (event.preventDefault(), content.focus())}>
        Skip to content
      </a>
      <TopBar email={props.email} />
      <main id="content" tabindex="-1" ref={content}>
        <Notice />
        <Unanswered />
        <Switch>
          <Match when={route().screen === "portfolio"}>
            <Portfolio />
          </Match>
          <Match when={route().screen === "orders"}>
            <Orders />
          </Match>
          <Match when={route().screen === "activity"}>
            <Activity />
          </Match>
          <Match when={route().screen === "nowhere"}>
            <Nowhere />
          </Match>
          <Match when={symbolShown()} keyed>
            {(symbol) => <Symbol symbol={symbol} userId={props.userId} />}
          </Match>
        </Switch>
      </main>
      <aside aria-label="Watchlist">
        <Watchlists />
      </aside>
    </div>
  );
}

function Nowhere() {
  return (
    <section class="card">
      <h1 tabindex="-1">No such page</h1>
      <p>
        There is nothing at this address. Search for a symbol above, or go to your <a href="#/">portfolio</a>.
      </p>
    </section>
  );
}

function symbolShown(): string | null {
  const now = route();
  return now.screen === "symbol" ? now.symbol : null;
}

function screenName(): string {
  const now = route();
  if (now.screen === "nowhere") return "No such page";
  return now.screen === "symbol" ? now.symbol : now.screen[0]!.toUpperCase() + now.screen.slice(1);
}

/** Everything live, for as long as somebody is signed in and the tab is seen. */
function follow(): void {
  const load = () => loadWatchlists().catch(() => void setTimeout(load, RETRY_MS));
  void load();
  void refreshAccount();
  let hiding: ReturnType<typeof setTimeout> | undefined;
  let away = true;
  const come = () => {
    clearTimeout(hiding);
    if (!away) return;
    away = false;
    prices.resume();
    followOrders();
    followMarket();
  };
  const leave = () => {
    away = true;
    prices.pause();
    leaveOrders();
    leaveMarket();
  };
  const seen = () => {
    if (document.hidden) hiding = setTimeout(leave, HIDDEN_MS_MAX);
    else come();
  };
  const online = () => {
    prices.hurry();
    hurryOrders();
  };
  // Where one line is back, so is the broker: the other need not wait out its pause.
  createEffect(on(prices.line, (now) => (now === "live" || now === "silent") && hurryOrders()));
  createEffect(on(ordersLine, (now) => now === "live" && prices.hurry()));
  come();
  document.addEventListener("visibilitychange", seen);
  addEventListener("online", online);
  addEventListener("offline", prices.cut);
  const sleepOn = whenWoken(prices.renew);
  onCleanup(() => {
    sleepOn();
    removeEventListener("offline", prices.cut);
    document.removeEventListener("visibilitychange", seen);
    removeEventListener("online", online);
    clearTimeout(hiding);
    leave();
  });
}
