// The page: sign in, live prices, one simple order ticket, orders as they fill.

const KNOWN = ["AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "JPM", "V", "WMT", "KO", "DIS"];
const OPEN = ["pending", "submitted", "partially_filled", "pending_cancel"];
const ORDERS_SHOWN_MAX = 20;

const $ = (id) => document.getElementById(id);
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const money = (cents) => dollars.format(cents / 100);

const rows = new Map(); // symbol -> what is known of it, and its cells
const orders = new Map(); // orderId -> order, newest last
const sources = [];
let shares = new Map();
let refreshing = 0;

async function ask(method, path, body, headers = {}) {
  const options = { method, headers: { ...headers } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail), { problem: answer });
  return answer;
}

function say(form, text, good = false) {
  const said = form.querySelector(".said");
  said.textContent = text;
  said.classList.toggle("good", good);
}

function state(text, bad = false) {
  $("state").textContent = text;
  $("state").classList.toggle("bad", bad);
}

// ---- who is here

async function begin() {
  const { user } = await ask("GET", "/session");
  $("door").hidden = Boolean(user);
  $("floor").hidden = $("who").hidden = !user;
  if (!user) return state("Not signed in");
  $("email").textContent = user.email;
  await Promise.all([showPrices(), showOrders()]);
}

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { email, password } = Object.fromEntries(new FormData(form));
  try {
    if (event.submitter?.value === "up") await ask("POST", "/users", { email, password });
    await ask("POST", "/sessions", { email, password });
    form.reset();
    say(form, "");
    await begin();
  } catch (error) {
    say(form, error.message);
  }
});

$("sign-out").addEventListener("click", async () => {
  await ask("DELETE", "/session").catch(() => {});
  location.reload();
});

// ---- prices

async function listed() {
  try {
    return await ask("GET", `/symbols?names=${KNOWN}`);
  } catch {
    // This exchange lists others: show the first of them.
    const found = await ask("GET", "/symbols?limit=12");
    return ask("GET", `/symbols?names=${found.map(({ symbol }) => encodeURIComponent(symbol))}`);
  }
}

async function showPrices() {
  const symbols = await listed();
  $("prices").replaceChildren(...symbols.map(priceRow));
  $("order").elements.symbol.value ||= symbols[0]?.symbol ?? "";
  const live = new EventSource(`/subscribe?symbols=${symbols.map(({ symbol }) => encodeURIComponent(symbol))}`);
  sources.push(live);
  live.addEventListener("open", () => state("Live"));
  live.addEventListener("error", () => state("Connection lost, trying again: prices are not live", true));
  live.addEventListener("status", ({ data }) => {
    const { stale } = JSON.parse(data);
    state(stale ? "The exchange is silent: prices are not live" : "Live", stale);
  });
  live.addEventListener("price", ({ data }) => {
    const price = JSON.parse(data);
    Object.assign(rows.get(price.symbol), { priceInCents: price.priceInCents });
    drawPrice(price.symbol);
    if (price.symbol === ticket().symbol) estimate();
  });
}

function priceRow(symbol) {
  const row = document.createElement("tr");
  const [name, price, change, have] = Array.from({ length: 4 }, () => row.appendChild(document.createElement("td")));
  const button = name.appendChild(document.createElement("button"));
  const full = name.appendChild(document.createElement("small"));
  Object.assign(button, { type: "button", className: "name", textContent: symbol.symbol });
  full.textContent = symbol.name;
  button.addEventListener("click", () => {
    $("order").elements.symbol.value = symbol.symbol;
    estimate();
  });
  rows.set(symbol.symbol, { ...symbol, cells: { price, change, have } });
  drawPrice(symbol.symbol);
  return row;
}

function drawPrice(symbol) {
  const { priceInCents, previousCloseInCents, cells } = rows.get(symbol);
  const percent = previousCloseInCents ? (100 * (priceInCents - previousCloseInCents)) / previousCloseInCents : 0;
  cells.price.textContent = money(priceInCents);
  cells.change.textContent = `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(2)} %`;
  cells.change.className = percent < 0 ? "down" : "up";
  cells.have.textContent = shares.get(symbol) ?? "";
}

// ---- account

async function refresh() {
  const mine = ++refreshing;
  const [account, positions] = await Promise.all([ask("GET", "/account"), ask("GET", "/positions")]);
  if (mine !== refreshing) return; // a later one is on its way
  $("equity").textContent = money(account.equityInCents);
  $("free").textContent = money(account.buyingPowerInCents);
  $("held").textContent = money(account.heldInCents);
  shares = new Map(positions.map((position) => [position.symbol, position.shares]));
  for (const symbol of rows.keys()) drawPrice(symbol);
}

// ---- the ticket

let intent = null; // what is being asked for, and its key: asked again after a lost answer it is the same order

function ticket() {
  const { symbol, numShares, price } = Object.fromEntries(new FormData($("order")));
  const order = { symbol: symbol.trim().toUpperCase(), numShares: Number(numShares) };
  if (price) order.priceInCents = Math.round(Number(price) * 100);
  return order;
}

function estimate() {
  const { symbol, numShares, priceInCents } = ticket();
  const each = priceInCents ?? rows.get(symbol)?.priceInCents;
  $("estimate").textContent = each && numShares ? `About ${money(each * numShares)}` : "";
}

$("order").addEventListener("input", estimate);

$("order").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const body = { position: event.submitter?.value ?? "buy", ...ticket() };
  const asked = JSON.stringify(body);
  if (intent?.asked !== asked) intent = { asked, key: newKey() };
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  try {
    const order = await ask("POST", "/order", body, { "Idempotency-Key": intent.key });
    intent = null;
    keep(order);
    say(form, `${words(order)}: ${order.status.replaceAll("_", " ")}`, true);
  } catch (error) {
    // A clear no ends the intent; anything else may have placed it, so the same key is used again.
    const refused = error.problem && error.problem.status < 500 && error.problem.status !== 409;
    if (refused) intent = null;
    say(form, error.problem ? error.message : "No answer. Press again: it will not be placed twice.");
  } finally {
    for (const button of buttons) button.disabled = false;
  }
});

function newKey() {
  // randomUUID is there only on https and localhost
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// ---- orders

async function loadOrders() {
  for (const order of await ask("GET", `/orders?limit=${ORDERS_SHOWN_MAX}`)) keep(order, false);
  drawOrders();
  await refresh();
}

// The stream first, and the list once it is open: what happens between is in one of the two.
async function showOrders() {
  const live = new EventSource("/orders/stream");
  sources.push(live);
  live.addEventListener("reset", () => orders.clear());
  live.addEventListener("order", ({ data }) => keep(JSON.parse(data)));
  live.addEventListener("open", () => loadOrders().catch(() => {}));
}

function keep(order, fresh = true) {
  const known = orders.get(order.orderId);
  if (known && known.version > order.version) return;
  orders.set(order.orderId, order);
  if (!fresh) return;
  drawOrders();
  refresh().catch(() => {});
}

const words = ({ position, numShares, symbol, priceInCents }) =>
  `${position === "buy" ? "Buy" : "Sell"} ${numShares} ${symbol}${priceInCents ? ` at ${money(priceInCents)}` : ""}`;

function drawOrders() {
  const newest = [...orders.values()].sort((a, b) => (a.orderId < b.orderId ? 1 : -1)).slice(0, ORDERS_SHOWN_MAX);
  $("no-orders").hidden = newest.length > 0;
  $("orders").replaceChildren(...newest.map(orderRow));
}

function orderRow(order) {
  const row = document.createElement("tr");
  const average = order.averageFillPriceInCents === null ? "" : ` at ${money(order.averageFillPriceInCents)}`;
  const reason = order.reason && order.status !== "filled" ? ` (${order.reason.replaceAll("_", " ")})` : "";
  for (const text of [words(order), `${order.filledShares}${average}`, order.status.replaceAll("_", " ") + reason])
    row.appendChild(document.createElement("td")).textContent = text;
  const last = row.appendChild(document.createElement("td"));
  if (OPEN.includes(order.status)) last.appendChild(cancelButton(order));
  return row;
}

function cancelButton(order) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "Cancel", disabled: order.status === "pending_cancel" });
  button.setAttribute("aria-label", `Cancel: ${words(order)}`);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      keep((await ask("DELETE", `/order/${order.orderId}`)).order);
    } catch (error) {
      if (error.problem?.order) keep(error.problem.order);
      say($("order"), error.message);
    }
  });
  return button;
}

addEventListener("pagehide", () => sources.forEach((source) => source.close()));
begin().catch((error) => state(error.message, true));
