// Runs in the page before the page: notes when prices came and when they were drawn, and long tasks. Times are in milliseconds.
(() => {
  const SAMPLES_MAX = 500_000;

  // Room for all samples from the start: what is measured must not grow by being measured.
  const samples = () => ({ all: new Float32Array(SAMPLES_MAX), count: 0 });
  const add = (kept, ms) => {
    if (probe.isMeasuring && kept.count < SAMPLES_MAX) kept.all[kept.count++] = ms;
  };
  const probe = (globalThis.probe = { firstPriceMs: null, latencies: samples(), longTasks: samples(), isMeasuring: false });
  probe.found = (name) => Array.from(probe[name].all.subarray(0, probe[name].count));
  const tradedAt = new Map(); // symbol -> when the newest trade that the page knows of was made, by the exchange's clock

  const parse = JSON.parse;
  JSON.parse = (text, ...rest) => {
    const found = parse(text, ...rest);
    if (found?.sequence && found.timestamp) tradedAt.set(found.symbol, Date.parse(found.timestamp));
    return found;
  };

  const request = requestAnimationFrame;

  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) add(probe.longTasks, entry.duration);
  }).observe({ type: "longtask" });

  // Of the trades that are shown by now: a newer one, which comes before the frame is drawn, is not on it.
  const drawn = (tradesMs) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      // after the frame; a port left open would never be collected
      port1.close();
      const nowMs = Date.now();
      for (const atMs of tradesMs) add(probe.latencies, nowMs - atMs);
    };
    request(() => port2.postMessage(null));
  };

  new MutationObserver((changes) => {
    if (probe.firstPriceMs === null && document.querySelector(".watched .price:not(.old)")) {
      request(() => (probe.firstPriceMs ??= performance.now()));
    }
    const symbols = new Set();
    for (const { target, type } of changes) {
      if (type === "attributes") continue; // a colour that fades, perhaps long after a trade at the same price
      const price = target.parentElement?.closest(".watched .price");
      if (price) symbols.add(price.closest("li").querySelector("b").textContent);
    }
    const tradesMs = [...symbols].map((symbol) => tradedAt.get(symbol)).filter((atMs) => atMs !== undefined);
    for (const symbol of symbols) tradedAt.delete(symbol); // each trade counts once
    if (tradesMs.length) drawn(tradesMs);
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class"] });
})();
