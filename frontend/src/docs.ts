// The API's description, to read and to try. Everything comes from the broker itself; nothing is asked of anybody else.
import "swagger-ui-dist/swagger-ui.css";
// @ts-expect-error it brings no types
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

const STREAM_MS_MAX = 3_000;
const STREAM_CHARS_MAX = 20_000;

/** Like fetch, but a stream, which never ends by itself, is read for a while and shown as far as it came. */
async function fetchBounded(url: string, options: RequestInit): Promise<Response> {
  const hangUp = new AbortController();
  const answer = await fetch(url, { ...options, signal: hangUp.signal });
  if (!answer.body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) return answer;
  const text = await readFor(STREAM_MS_MAX, answer.body, hangUp);
  const shown = new Response(text, { status: answer.status, headers: answer.headers });
  Object.defineProperty(shown, "url", { value: answer.url });
  return shown;
}

async function readFor(ms: number, body: ReadableStream<Uint8Array>, hangUp: AbortController): Promise<string> {
  const timer = setTimeout(() => hangUp.abort(), ms);
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let text = "";
  try {
    while (text.length < STREAM_CHARS_MAX) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
  } catch (error) {
    if (!hangUp.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    hangUp.abort();
  }
  return text;
}

SwaggerUI({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null, // no badge of somebody else's server
  requestInterceptor: (request: { userFetch?: typeof fetchBounded }) => Object.assign(request, { userFetch: fetchBounded }),
});
