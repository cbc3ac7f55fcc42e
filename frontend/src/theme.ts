/** Dark or light: what the system says, until the person says otherwise. */

import { createSignal } from "solid-js";

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
  try {
    localStorage.setItem(STORED, next);
  } catch {
    // then it holds for this page only
  }
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
  try {
    const stored = localStorage.getItem(STORED);
    return stored === "dark" || stored === "light" ? stored : null;
  } catch {
    return null;
  }
}
