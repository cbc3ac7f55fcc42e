/** What is told once: over the page, so that it moves nothing, and gone by itself. */

import { createSignal } from "solid-js";

const SHOWN_MS = 10_000;

const [passing, setPassing] = createSignal("");
export { passing };

let timer: ReturnType<typeof setTimeout> | undefined;

export function tell(sentence: string): void {
  clearTimeout(timer);
  setPassing(sentence);
  timer = setTimeout(() => setPassing(""), SHOWN_MS);
}
