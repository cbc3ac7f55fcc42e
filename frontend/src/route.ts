/** Where the person is, kept in the address behind `#`, so that Back, Reload and bookmarks do what they should. */

import { createSignal } from "solid-js";

export type Route =
  | { screen: "portfolio" }
  | { screen: "orders" }
  | { screen: "activity" }
  | { screen: "nowhere" }
  | { screen: "symbol"; symbol: string; review: boolean };

const [route, setRoute] = createSignal<Route>(parse(location.hash), { equals: same });
export { route };

addEventListener("hashchange", () => setRoute(parse(location.hash)));

export function symbolHref(symbol: string): string {
  return `#/symbol/${encodeURIComponent(symbol)}`;
}

export function go(href: string): void {
  location.hash = href;
  setRoute(parse(href)); // at once: the browser tells of it later
}

/** As `go`, but Back leads past the present place. */
export function replace(href: string): void {
  history.replaceState(null, "", href);
  setRoute(parse(href));
}

function parse(hash: string): Route {
  const [screen, name, step] = hash.replace(/^#\/?/, "").split("/");
  if (screen === "orders" || screen === "activity") return { screen };
  if (screen === "symbol" && name) return { screen, symbol: decoded(name), review: step === "review" };
  return { screen: !screen || screen === "portfolio" ? "portfolio" : "nowhere" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function same(a: Route, b: Route): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
