/** A price as it is now, or plainly not live: dimmed, and with the time that it is from. */

import { clock, direction, money, percent, signedMoney } from "../money";
import { isLive, quote } from "../prices";

export function PriceText(props: { symbol: string }) {
  const known = () => quote(props.symbol)();
  return (
    <span class="price" classList={{ old: !isLive(props.symbol) }}>
      {known() ? money(known()!.priceInCents) : "—"}
    </span>
  );
}

export function ChangeText(props: { symbol: string; withMoney?: boolean }) {
  const known = () => quote(props.symbol)();
  const change = () => (known() ? known()!.priceInCents - known()!.previousCloseInCents : 0);
  const base = () => known()?.previousCloseInCents ?? 0;
  const share = () => percent(change(), base());
  const isFlat = () => !props.withMoney && share() === percent(0, 1);
  return (
    <span class={`change ${isFlat() ? "flat" : direction(change())}`}>
      {!known() ? "—" : props.withMoney ? `${signedMoney(change())} (${share()})` : share()}
    </span>
  );
}

/** "as of 15:04:05" beside a price that is not live; empty, and as large, when it is. */
export function AsOf(props: { symbol: string }) {
  const known = () => quote(props.symbol)();
  return (
    <span class="as-of">
      {known() && !isLive(props.symbol) ? `not live, as of ${clock(known()!.updatedAt)}` : "live"}
    </span>
  );
}
