// Runs in the page before the page: notes when prices came, when they were drawn, and what drawing took. Times are in milliseconds.
(() => {
  const probe = (globalThis.probe = { firstPriceMs: null, latenciesMs: [], ticksMs: [], longTasksMs: [], isMeasuring: false });
  const tradedAt = new Map(); // symbol -> when its newest trade was made, by the exchange's clock
  const LATENCIES_MAX = 200_000;

  const parse = JSON.parse;
  JSON.parse = (text, ...rest) => {
    const found = parse(text, ...rest);
    if (found?.sequence && found.timestamp) tradedAt.set(found.symbol, Date.parse(found.timestamp));
    return found;
  };

  // What the page does in a frame, and the layout that follows from it.
  const request = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.requestAnimationFrame = (work) =>
    request((now) => {
      const beganMs = performance.now();
      work(now);
      void document.body.offsetHeight;
      if (probe.isMeasuring) probe.ticksMs.push(performance.now() - beganMs);
    });

  new PerformanceObserver((list) => {
    if (probe.isMeasuring) probe.longTasksMs.push(...list.getEntries().map((entry) => entry.duration));
  }).observe({ type: "longtask" });

  const drawn = (symbols) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      // after the frame
      const nowMs = Date.now();
      for (const symbol of symbols) {
        const atMs = tradedAt.get(symbol);
        if (probe.isMeasuring && atMs !== undefined && probe.latenciesMs.length < LATENCIES_MAX) probe.latenciesMs.push(nowMs - atMs);
      }
    };
    request(() => port2.postMessage(null));
  };

  const watch = () =>
    new MutationObserver((changes) => {
      if (probe.firstPriceMs === null && document.querySelector(".watched .price:not(.old)")) {
        request(() => (probe.firstPriceMs ??= performance.now()));
      }
      const symbols = new Set();
      for (const { target } of changes) {
        const price = target.parentElement?.closest(".watched .price");
        if (price) symbols.add(price.closest("li").querySelector("b").textContent);
      }
      if (symbols.size) drawn(symbols);
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class"] });
  watch();
})();
