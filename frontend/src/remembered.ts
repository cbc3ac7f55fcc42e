/** What this browser remembers from one visit to the next. Where storage is forbidden or full it holds for this page only, and all goes on. */

export type Remembered = "locksley.here" | "locksley.theme" | "locksley.watchlist";

const unkept = new Map<Remembered, string>();

export function remembered(what: Remembered): string | null {
  try {
    return unkept.get(what) ?? localStorage.getItem(what);
  } catch {
    return null;
  }
}

export function remember(what: Remembered, value: string): void {
  try {
    localStorage.setItem(what, value);
    unkept.delete(what);
  } catch {
    unkept.set(what, value);
  }
}

export function forget(what: Remembered): void {
  unkept.delete(what);
  try {
    localStorage.removeItem(what);
  } catch {
    // forbidden: then nothing was kept
  }
}
