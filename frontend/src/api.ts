/** Requests to the broker. A refusal is a `Problem`; no answer at all is `NoAnswer`, and says nothing about what was done. */

import type { Order } from "./shapes";

const TIMEOUT_MS = 10_000;
export const PLACING_TIMEOUT_MS = 35_000; // the broker itself answers within 30 s

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly order: Order | null,
    readonly retryAfterS: number | null,
    /** Those that it is about, where it is about symbols. */
    readonly symbols: readonly string[],
  ) {
    super(detail);
  }
}

export class NoAnswer extends Error {
  constructor() {
    super("The broker did not answer.");
  }
}

export interface Options {
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

let onSignedOut = () => {};

/** Called whenever an answer says that nobody is signed in. */
export function whenSignedOut(told: () => void): void {
  onSignedOut = told;
}

export function tellSignedOut(): void {
  onSignedOut();
}

export async function ask<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options);
  return (response.status === 204 ? null : await body(response)) as T;
}

/** A list, and where its next page is. */
export async function askPage<T>(path: string): Promise<{ rows: T[]; next: string | null }> {
  const response = await send("GET", path, {});
  return { rows: (await body(response)) as T[], next: nextPage(response) };
}

export async function askText(path: string, accept: string): Promise<{ text: string; next: string | null }> {
  const response = await send("GET", path, { headers: { Accept: accept } });
  return { text: await response.text(), next: nextPage(response) };
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS) };
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new NoAnswer();
  }
  if (!response.ok) throw await problem(response);
  return response;
}

export async function problem(response: Response): Promise<Problem> {
  const said = (await response.json().catch(() => ({}))) as {
    code?: string;
    detail?: string;
    order?: Order;
    symbols?: string[];
  };
  const code = said.code ?? "internal_error";
  if (code === "not_signed_in") onSignedOut();
  const after = Number(response.headers.get("Retry-After"));
  const detail = said.detail ?? "Something went wrong at the broker.";
  return new Problem(response.status, code, detail, said.order ?? null, after || null, said.symbols ?? []);
}

async function body(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new NoAnswer(); // cut off in the middle
  }
}

function nextPage(response: Response): string | null {
  return /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "")?.[1] ?? null;
}

/** What to tell the person of something that went wrong. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}
