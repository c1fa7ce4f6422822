// What all pages share: their words, their log, and a request that is logged at both ends.

export const words = JSON.parse(document.getElementById("words").textContent);

const rows = document.getElementById("log");
const MOST_ROWS = 300;
const MARKS = { sent: "→", came: "←", note: "·", fault: "×" };

// A row of the log. `kind` is a key of MARKS; `detail` may have several lines.
export function log(kind, text, detail = "") {
  const row = document.createElement("li");
  row.className = kind;
  row.append(
    cell("time", `${(performance.now() / 1000).toFixed(3)} s`),
    cell("b", MARKS[kind]),
    cell("span", text),
  );
  if (detail) row.append(cell("pre", detail));
  rows.append(row);
  while (rows.children.length > MOST_ROWS) rows.firstElementChild.remove();
  rows.scrollTop = rows.scrollHeight;
}

function cell(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

// The text with {name} replaced by what is given under that name.
export function fill(text, given) {
  return text.replace(/\{(\w+)\}/g, (_all, name) => given[name]);
}

// fetch, with what goes out and what comes back in the log.
export async function ask(method, target, given = {}) {
  const fields = Object.entries(given.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const body = given.body === undefined ? [] : ["", `${given.body}`];
  log("sent", `${method} ${target}`, [...fields, ...body].join("\n").trim());
  const start = performance.now();
  const response = await fetch(target, { method, ...given });
  const text = await response.text();
  const head = `${response.status} ${response.statusText}`;
  const type = response.headers.get("Content-Type");
  const from = response.redirected ? [response.url] : [];
  log("came", `${head}, ${Math.round(performance.now() - start)} ms`, [...from, type, text].join("\n").trim());
  return { status: response.status, text };
}

// What a button does; whatever goes wrong in it is told.
export function act(id, action) {
  document.getElementById(id).addEventListener("click", async () => {
    try {
      await action();
    } catch (error) {
      log("fault", `${error.name}: ${error.message}`);
    }
  });
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

act("clear", () => rows.replaceChildren());

// The code that is shown is the code that runs.
document.getElementById("source").textContent = document.getElementById("script").textContent.trim();
