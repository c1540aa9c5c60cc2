// Every figure and cell that names its place in a document is held against that document: the text
// within half of its last digit, the mark within half a pixel. Written apart from the page's code.
function factorOf(docs, name, path) {
  const doc = docs[name];
  const list = doc.metric_list ?? (doc.metric?.name ? [doc.metric] : []);
  const metric = /metrics\.([^.]+)\./.exec(path)?.[1] ?? /scores\.([^.]+)\.value/.exec(path)?.[1];
  const def = metric ? list.find((m) => m.name === metric) : null;
  if (/^slices\./.test(path)) return /\.value$/.test(path) && list.find((m) => m.name === doc.headline)?.unit === "share" ? 100 : 1;
  if (metric) return def?.unit === "share" ? 100 : 1;
  if (/\.pass_k\.(any|all)\./.test(path)) return 100;
  if (name === "compare") return /^(n|wins|losses|ties|n_for_margin)$/.test(path) ? 1 : doc.metric.unit === "share" ? 100 : 1;
  if (name === "task") return list[0]?.unit === "share" ? 100 : 1;
  if (name === "power") {
    if (/n_needed|tasks_needed|takes/.test(path)) return 1;
    return !/mde/.test(path) || (doc.from ? doc.from.unit === "share" : doc.design !== "mean") ? 100 : 1;
  }
  return 1;
}

const lookup = (doc, path) => path.split(".").reduce((v, k) => (v === null || v === undefined ? v : v[k]), doc);

/** Path in a document may hold dots in no key: names of metrics have none. */
export async function checkNumbers(page) {
  const seen = await page.evaluate(() => {
    const texts = [...document.querySelectorAll("[data-v]")].map((e) => ({ v: e.getAttribute("data-v"), text: e.textContent }));
    const ceilings = [...document.querySelectorAll("[data-ceil]")].map((e) => ({ v: e.getAttribute("data-ceil"), text: e.textContent }));
    const marks = [...document.querySelectorAll("[data-mark]")].map((e) => {
      let svg = e.ownerSVGElement;
      while (svg && !svg.hasAttribute("data-lo")) svg = svg.ownerSVGElement ?? svg.parentElement?.closest("svg");
      const r = e.getBoundingClientRect();
      const box = svg?.getBoundingClientRect();
      return { v: e.getAttribute("data-mark"), x: r.left + r.width / 2, left: box?.left, width: box?.width, log: svg?.getAttribute("data-log") === "1", lo: Number(svg?.getAttribute("data-lo")), hi: Number(svg?.getAttribute("data-hi")) };
    });
    return { texts, ceilings, marks, paths: JSON.parse(document.querySelector("footer").getAttribute("data-docs") ?? "{}") };
  });
  const docs = {};
  for (const [name, path] of Object.entries(seen.paths)) docs[name] = await page.evaluate(async (p) => (await fetch("/api/v1" + p)).json(), path);
  const faults = [];
  let checked = 0;
  for (const { v, text } of seen.texts) {
    const at = v.indexOf(":");
    const name = v.slice(0, at);
    const path = v.slice(at + 1);
    if (!docs[name]) {
      faults.push(`${v}: no document of that name`);
      continue;
    }
    const value = lookup(docs[name], path);
    const found = /[−+-]?[\d,]*\d(\.\d+)?/.exec(text.replace(/\u2009/g, ""));
    if (value === null || value === undefined) {
      if (found) faults.push(`${v}: the document has none, the page says ${text}`);
    } else if (!found) faults.push(`${v}: the document says ${value}, the page ${JSON.stringify(text)}`);
    else {
      const shown = Number(found[0].replace("−", "-").replace(/,/g, ""));
      const factor = factorOf(docs, name, path);
      const digit = 10 ** -(found[1] ? found[1].length - 1 : 0);
      if (Math.abs(shown - value * factor) > digit * 0.5000001 + 1e-9) faults.push(`${v}: the document says ${value}, the page ${text}`);
    }
    checked++;
  }
  for (const { v, text } of seen.ceilings) {
    const value = lookup(docs[v.slice(0, v.indexOf(":"))], v.slice(v.indexOf(":") + 1));
    const want = value === null || value === undefined ? "–" : String(Math.ceil(value));
    if (text.replace(/,/g, "") !== want) faults.push(`${v}: the document says ${value}, the page ${text}`);
    checked++;
  }
  for (const m of seen.marks) {
    const at = m.v.indexOf(":");
    const value = lookup(docs[m.v.slice(0, at)], m.v.slice(at + 1));
    if (!m.width) continue; // not on this screen
    const part = m.log ? Math.log(value / m.lo) / Math.log(m.hi / m.lo) : (value - m.lo) / (m.hi - m.lo);
    const want = m.left + part * m.width;
    if (Math.abs(want - m.x) > 0.75) faults.push(`${m.v}: the mark stands at ${m.x}, ${value} belongs at ${want}`);
    checked++;
  }
  return { checked, faults };
}
