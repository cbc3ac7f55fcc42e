/** The one line that says, in words, why what is shown may not be how things are. Silent when all is well. */

import { createMemo, Show } from "solid-js";
import { account } from "../account";
import { market } from "../market";
import { moment } from "../money";
import { ordersLine } from "../orders";
import { line, newestAt } from "../prices";

export function Notice() {
  const said = createMemo(() => trouble() ?? "");
  return (
    <div role="status" class="notice-place">
      <Show when={said()}>
        <p class="notice grave passing">{said()}</p>
      </Show>
      <Show when={shut()}>
        <p class="notice">{shut()}</p>
      </Show>
      <Show when={account()?.frozen}>
        <p class="notice grave">This account is frozen until the operator has looked at it. Orders are not taken.</p>
      </Show>
    </div>
  );
}

function trouble(): string | null {
  if (line() === "lost" || ordersLine() === "lost") return `Connection lost, trying again.${since()}`;
  if (line() === "silent") return `The exchange is silent.${since()} Market orders are refused until it is back.`;
  return null;
}

function since(): string {
  const at = newestAt();
  return at === null ? "" : ` What you see is from ${moment(at)}, not live.`;
}

function shut(): string | null {
  const now = market();
  if (!now || now.open) return null;
  const opens = now.opensAt ? ` It opens ${moment(now.opensAt)}.` : "";
  return `The market is closed.${opens} Prices are the last ones; a limit order may be refused until then.`;
}
