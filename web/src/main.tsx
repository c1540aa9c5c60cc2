import { render } from "preact";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { file, startOf } from "./file";
import { http } from "./http";
import { Attempt } from "./pages/attempt";
import { Board } from "./pages/board";
import { Compare } from "./pages/compare";
import { Power } from "./pages/power";
import { Run } from "./pages/run";
import { Runs } from "./pages/runs";
import { Suite, Suites } from "./pages/suite";
import { Task } from "./pages/task";
import { applyTaste, changes, live, say, shared, useFoot, usePageTitle, useRoute } from "./state";
import { Empty } from "./ui/faces";
import { FindBox, Frame } from "./ui/frame";
import { line } from "./ui/text";

function Page(): JSX.Element {
  const { path, query } = useRoute();
  const [page = "runs", a, b, c] = path;
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [path.join("/")]);
  if (page === "runs") return <Runs />;
  if (page === "run" && a && b && c) return <Attempt run={a} task={b} n={/^[1-9]\d{0,8}$/.test(c) ? Number(c) : NaN} />;
  if (page === "run" && a && b) return <Attempt run={a} task={b} n={1} />;
  if (page === "run" && a) return <Run key={a} id={a} />;
  if (page === "board") return <Board suite={a ?? null} />;
  if (page === "compare") return <Compare />;
  if (page === "task" && a && b) return <Task suite={a} task={b} />;
  if (page === "suites") return <Suites />;
  if (page === "suite" && a) return <Suite id={a} finding={b === "finding" ? (c ?? null) : null} />;
  if (page === "power") return <Power />;
  if (page === "find")
    return (
      <>
        <h1 style={{ marginBottom: "16px" }}>Find</h1>
        <FindBox start={query["q"] ?? ""} />
      </>
    );
  return <Nowhere path={path.join("/")} />;
}

function Nowhere({ path }: { path: string }): JSX.Element {
  usePageTitle("Nothing is here");
  useFoot(null, null);
  return (
    <>
      <h1>Nothing is here</h1>
      <Empty>No page is called “{line(path)}”. The pages are above; / finds anything.</Empty>
    </>
  );
}

function start(): void {
  const kind = document.querySelector('meta[name="tare-source"]')?.getAttribute("content");
  shared.source = kind === "file" ? file : http;
  applyTaste();
  let told = -1e9;
  let looking: ReturnType<typeof setTimeout> | undefined;
  shared.source.events({
    run(run) {
      const next = new Map(live.get());
      next.set(run.id, run);
      live.set(next);
      if (run.done + run.failed + run.missing >= run.total) say(`a run is done: ${run.done} of ${run.total}`);
    },
    store(counter) {
      // At most one look a second: a run that is going on writes often.
      const wait = Math.max(0, told + 1000 - performance.now());
      clearTimeout(looking);
      looking = setTimeout(() => {
        told = performance.now();
        changes.set(counter);
      }, wait);
    },
  });
  if (kind === "file" && location.hash.replace(/^#\/?/, "") === "")
    startOf().then(
      (where) => {
        if (/^#\//.test(where) && location.hash.replace(/^#\/?/, "") === "") location.replace(where);
      },
      () => undefined,
    );
  const root = document.getElementById("app") ?? document.body.appendChild(document.createElement("div"));
  render(
    <Frame>
      <Page />
    </Frame>,
    root,
  );
  // A report comes drawn for those without a script; with one, the page takes its place.
  document.querySelectorAll("#drawn, [data-drawn]").forEach((e) => e.remove());
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
