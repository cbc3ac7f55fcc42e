/** The door: sign in, or sign up and be in. An invitation is asked for once the broker has said that it needs one. */

import { createSignal, Show } from "solid-js";
import { Problem, sentence } from "../api";
import { sessionEnded, signIn, signUp } from "../session";

export function SignIn() {
  const [isNew, setIsNew] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [said, setSaid] = createSignal("");
  const [wrong, setWrong] = createSignal<{ field: string; why: string } | null>(null);
  const [needsInvitation, setNeedsInvitation] = createSignal(false);
  let email!: HTMLInputElement;
  let password!: HTMLInputElement;
  let invitation: HTMLInputElement | undefined;

  const enter = () =>
    isNew()
      ? signUp(email.value.trim(), password.value, invitation?.value.trim() ?? "")
      : signIn(email.value.trim(), password.value);

  const refused = (error: unknown) => {
    const isFirst = error instanceof Problem && error.code === "bad_invitation" && !needsInvitation();
    if (isFirst) setNeedsInvitation(true);
    setSaid(isFirst ? "Opening an account here needs an invitation. Enter the code that you were given." : sentence(error));
    setBusy(false);
    if (isFirst) invitation?.focus();
  };

  /** In words by the field, where they stay: the browser's own bubble is gone in a moment. */
  const invalid = (event: Event) => {
    event.preventDefault();
    if (wrong()) return; // the first one is told, and has the focus
    const input = event.currentTarget as HTMLInputElement;
    setWrong({ field: input.name, why: whatIsWrong(input) });
    input.focus();
  };
  const whyOf = (field: string) => (wrong()?.field === field ? wrong()!.why : "");

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy()) return;
    setBusy(true);
    setSaid("");
    try {
      await enter();
    } catch (error) {
      refused(error);
    }
  };

  return (
    <main class="door">
      <svg class="door-mark" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M7 23 L13 15 L18 19 L25 9" />
      </svg>
      <h1>{isNew() ? "Open an account" : "Sign in to Locksley"}</h1>
      <Show when={sessionEnded()}>
        <p class="notice" role="status">
          Your session has ended. Sign in again; your orders stand as they were.
        </p>
      </Show>
      <form onSubmit={submit} onInput={() => setWrong(null)}>
        <label>
          Email
          <input
            ref={email}
            name="email"
            type="email"
            autocomplete="username"
            required
            maxlength="254"
            aria-invalid={whyOf("email") ? "true" : undefined}
            aria-describedby="email-wrong"
            onInvalid={invalid}
          />
        </label>
        <p id="email-wrong" class="said">
          {whyOf("email")}
        </p>
        <label>
          Password
          <input
            ref={password}
            name="password"
            type="password"
            autocomplete={isNew() ? "new-password" : "current-password"}
            required
            minlength="8"
            maxlength="128"
            aria-invalid={whyOf("password") ? "true" : undefined}
            aria-describedby="password-hint"
            onInvalid={invalid}
          />
        </label>
        <p id="password-hint" class={whyOf("password") ? "said" : "hint"}>
          {whyOf("password") || (isNew() ? "At least 8 characters; a long sentence is best." : "")}
        </p>
        <Show when={isNew() && needsInvitation()}>
          <label>
            Invitation
            <input ref={invitation} type="text" autocomplete="off" autocapitalize="none" spellcheck={false} required maxlength="100" />
          </label>
        </Show>
        <button class="main" type="submit" disabled={busy()} onClick={() => setWrong(null)}>
          {busy() ? "One moment…" : isNew() ? "Open account" : "Sign in"}
        </button>
        <p class="said" role="alert">
          {said()}
        </p>
      </form>
      <p class="hint">
        {isNew() ? "Have an account?" : "New here?"}{" "}
        <button class="link" type="button" onClick={() => (setIsNew(!isNew()), setSaid(""), setWrong(null))}>
          {isNew() ? "Sign in" : "Open an account"}
        </button>
      </p>
      <p class="hint">Accounts trade with paper money. Nothing here is real but the way it works.</p>
    </main>
  );
}

function whatIsWrong(input: HTMLInputElement): string {
  if (input.name === "email") return input.validity.valueMissing ? "Enter your email." : "This is no email address.";
  if (input.validity.valueMissing) return "Enter a password.";
  return `A password has at least ${input.minLength} characters; this one has ${input.value.length}.`;
}
