/** Who is signed in, in this tab and, told over a channel, in the others. */

import { createSignal } from "solid-js";
import { ask, whenSignedOut } from "./api";
import { forget, remember, remembered } from "./remembered";
import type { Person } from "./shapes";

const [person, setPerson] = createSignal<Person | null | undefined>(undefined);
const [ended, setEnded] = createSignal(false);

/** undefined: not known yet; null: nobody. */
export { person };
/** The session ended by itself: expired, or signed out in another tab. */
export { ended as sessionEnded };

let lastHereId: string | null = null; // what is in memory is theirs

const others = new BroadcastChannel("locksley.session");
others.onmessage = () => location.reload();

whenSignedOut(() => {
  if (person()) setEnded(true);
  setPerson(null);
});

const HERE = "locksley.here";

/** Somebody was signed in here last time: worth asking for their things before it is known that they still are. */
export function wasHere(): boolean {
  return remembered(HERE) !== null;
}

export async function begin(): Promise<void> {
  const { user } = await ask<{ user: Person | null }>("GET", "/session");
  if (user) remember(HERE, "1");
  else forget(HERE);
  if (user && lastHereId !== null && user.userId !== lastHereId) return startAnew();
  lastHereId = user?.userId ?? lastHereId;
  setPerson(user);
}

export async function signIn(email: string, password: string): Promise<void> {
  await ask("POST", "/sessions", { body: { email, password } });
  others.postMessage("in"); // first: this tab may load anew
  await begin();
  setEnded(false);
}

/** `invitation`: empty where the broker needs none. */
export async function signUp(email: string, password: string, invitation: string): Promise<void> {
  await ask("POST", "/users", { body: invitation ? { email, password, invitation } : { email, password } });
  await signIn(email, password);
}

export async function signOut(): Promise<void> {
  await ask("DELETE", "/session");
  forget(HERE); // before any tab loads anew, or it asks for things that are nobody's
  others.postMessage("out");
  startAnew();
}

/** Nothing of one person's stays in memory for the next. */
function startAnew(): void {
  history.replaceState(null, "", location.pathname); // not by the hash: that would open a screen for a moment
  location.reload();
}
