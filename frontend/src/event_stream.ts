/** Server-sent events over fetch, which sees what EventSource hides: heartbeats, so that a line that only seems open is noticed.
 *
 * It reads until `close`, comes again after the pause that the server asks for, and says where it was by `Last-Event-ID`.
 */

import { Problem, problem, tellSignedOut } from "./api";

const SILENCE_MS_MAX = 20_000; // heartbeats come every 15 s
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 8_000;
const BUFFER_CHARS_MAX = 4_000_000;

export interface Reader {
  /** Asked before each connection. */
  url: () => string;
  resumes: boolean;
  opened: () => void;
  event: (name: string, data: string) => void;
  lost: () => void;
  /** True: what it asks for is another now, so it asks at once, and nothing was lost. */
  refused?: (why: Problem) => boolean;
}

export class EventStream {
  private stopped = false;
  private lastEventId: string | null = null;
  private retryMs = RETRY_MS_FIRST;
  private failures = 0;
  private line: AbortController | null = null;
  private wakeUp: () => void = () => {};

  constructor(private readonly reader: Reader) {
    void this.run();
  }

  close(): void {
    this.stopped = true;
    this.line?.abort();
    this.wakeUp();
  }

  /** Do not wait out the pause: the network or the broker is back. What failed before says nothing any more about how long to wait. */
  hurry(): void {
    this.failures = 0;
    this.wakeUp();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.connect();
      } catch (error) {
        if (error instanceof Problem && this.reader.refused?.(error)) continue;
        this.failures += 1; // whatever it was: come again
      }
      if (this.stopped) return;
      this.reader.lost();
      await this.pause();
    }
  }

  private async connect(): Promise<void> {
    const line = (this.line = new AbortController());
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (this.reader.resumes && this.lastEventId !== null) headers["Last-Event-ID"] = this.lastEventId;
    let silence = setTimeout(() => line.abort(), SILENCE_MS_MAX);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => line.abort(), SILENCE_MS_MAX);
    };
    try {
      const response = await fetch(this.reader.url(), { headers, signal: line.signal, cache: "no-store" });
      if (!response.ok || !response.body) throw await this.refused(response);
      this.failures = 0;
      this.reader.opened();
      await this.read(response.body, heard);
    } finally {
      clearTimeout(silence);
    }
  }

  private async refused(response: Response): Promise<Error> {
    if (response.status === 401) {
      this.stopped = true;
      tellSignedOut();
    }
    return problem(response);
  }

  private async read(body: ReadableStream<Uint8Array<ArrayBuffer>>, heard: () => void): Promise<void> {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done || this.stopped) return;
      heard();
      buffer += value;
      let start = 0;
      for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n", start)) {
        this.frame(buffer.slice(start, end));
        start = end + 2;
      }
      buffer = buffer.slice(start);
      if (buffer.length > BUFFER_CHARS_MAX) throw new Error("a frame without an end");
    }
  }

  private frame(text: string): void {
    let name = "";
    let data = "";
    let id: string | null = null;
    for (const line of text.split("\n")) {
      const at = line.indexOf(": ");
      const value = line.slice(at + 2);
      switch (line.slice(0, at)) {
        case "event":
          name = value;
          break;
        case "data":
          data = value;
          break;
        case "id":
          id = value;
          break;
        case "retry":
          this.retryMs = Number(value) || this.retryMs;
      }
    }
    if (name) this.reader.event(name, data);
    if (id !== null) this.lastEventId = id; // only once it was dealt with
  }

  private pause(): Promise<void> {
    const ms = Math.min(this.retryMs * 2 ** Math.max(0, this.failures - 1), RETRY_MS_MAX);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
