/** Dark or light: what the system says, until the person says otherwise. */

import { createSignal } from "solid-js";
import { remember, remembered } from "./remembered";

export type Theme = "light" | "dark";

const STORED = "locksley.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const [theme, setTheme] = createSignal<Theme>(chosen() ?? systems());
export { theme };

export function begin(): void {
  show(theme());
  system.addEventListener("change", () => {
    if (!chosen()) change(systems());
  });
}

export function toggle(): void {
  const next = theme() === "dark" ? "light" : "dark";
  remember(STORED, next);
  change(next);
}

function change(next: Theme): void {
  show(next); // first: whoever follows the signal reads the colours of the document
  setTheme(next);
}

function show(now: Theme): void {
  document.documentElement.dataset.theme = now;
}

function systems(): Theme {
  return system.matches ? "dark" : "light";
}

function chosen(): Theme | null {
  const stored = remembered(STORED);
  return stored === "dark" || stored === "light" ? stored : null;
}
