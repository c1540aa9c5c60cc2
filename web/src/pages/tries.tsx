// What a run tried: a task a row with its tries as pips, or an attempt a row.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { attemptsOf, defOf, runTasksOf, type AttemptRow, type RunTaskRow, type RunView } from "../docs";
import { amend, href, join, search } from "../route";
import type { Doc } from "../source";
import { changes, load, useDoc, useSignal } from "../state";
import { Empty, Failure, Waiting } from "../ui/faces";
import { List, SortHead, windowRows } from "../ui/list";
import { Tries } from "../ui/marks";
import * as num from "../ui/number";
import { line } from "../ui/text";

export interface TriesProps {
  id: string;
  view: RunView | null;
  f: string;
  sort: string;
  /** How many rows there are, once known. */
  told(n: number | null): void;
}

interface Kind<Row> {
  name: string;
  segment: string; // of the API's path
  wide: string; // columns
  narrow: string;
  read(doc: Doc, headline: string | null): { total: number; rows: Row[]; headline: string };
  none: string;
  link(row: Row): string;
  key(row: Row): string;
  row(row: Row, def: num.MetricDef): JSX.Element;
  head(sort: (label: string, column: string, n?: boolean, cls?: string) => JSX.Element, def: num.MetricDef): ComponentChildren;
}

function Rows<Row>({ id, view, f, sort, told, kind }: TriesProps & { kind: Kind<Row> }): JSX.Element {
  const path = join("runs", id, kind.segment);
  const query = { sort, where: f };
  const first = path + search({ offset: 0, limit: windowRows, ...query });
  const page = useDoc<Doc>(first);
  const version = useSignal(changes);
  const wanted = view?.headline ?? null;
  const got = useMemo(() => (page.doc ? kind.read(page.doc, wanted) : null), [page.doc, wanted]);
  const headline = wanted ?? got?.headline ?? "";
  const def = defOf(view?.defs ?? {}, headline);
  useEffect(() => told(got?.total ?? null), [got?.total]);
  const sortHead = (label: string, column: string, n = false, cls = ""): JSX.Element => (
    <SortHead label={label} column={column} sort={sort} set={(s) => amend({ sort: s })} n={n} class={cls} />
  );
  if (!got) return page.error ? <Failure error={page.error} again={page.again} /> : <Waiting of={page} />;
  return (
    <>
      {page.error && <Failure error={page.error} again={page.again} />}
      {got.total === 0 && <Empty>{f ? "No attempt matches the filter." : kind.none}</Empty>}
      {got.total > 0 && (
        <List<Row>
          name={kind.name}
          total={got.total}
          columns={window.innerWidth > 720 ? kind.wide : kind.narrow}
          version={`${version} ${first}`}
          order={first}
          fetch={async (offset, signal) => {
            if (offset === 0 && page.fresh) return got.rows;
            return kind.read(await load<Doc>(path + search({ offset, limit: windowRows, ...query }), signal), headline).rows;
          }}
          row={(r) => kind.row(r, def)}
          link={kind.link}
          key_={kind.key}
          header={<>{kind.head(sortHead, def)}</>}
        />
      )}
    </>
  );
}

const valueHead = (def: num.MetricDef): string => num.title(def) + (num.isShare(def) ? " %" : "");
const value = (x: number | null, def: num.MetricDef): JSX.Element | string => (x === null ? <span class="ink3">–</span> : num.value(x, num.scaleOf(def, null)));

const words: Record<string, { mark: string; cls: string }> = {
  done: { mark: "●", cls: "" },
  failed: { mark: "✗", cls: "downc" },
  missing: { mark: "◌", cls: "warnc" },
  running: { mark: "◐", cls: "ink3" },
  planned: { mark: "○", cls: "ink3" },
};

export function AttemptRows(p: TriesProps): JSX.Element {
  const { id } = p;
  const kind: Kind<AttemptRow> = {
    name: "Attempts",
    segment: "attempts",
    wide: "22px minmax(170px,1.4fr) minmax(90px,1fr) 44px 92px 70px 84px 92px minmax(80px,1fr)",
    narrow: "22px minmax(0,1fr) 36px 72px 52px",
    read: (doc, headline) => {
      const all = attemptsOf(doc, headline);
      return { ...all, headline: (doc as unknown as { headline?: string }).headline ?? all.metrics[0] ?? "" };
    },
    none: "No attempt has been played yet.",
    link: (a) => href(["run", id, a.task, a.attempt]),
    key: (a) => `${a.task}#${a.attempt}`,
    row: (a, def) => (
      <>
        <span role="cell" class={words[a.status]?.cls ?? ""} title={a.status}>
          <span aria-hidden="true">{words[a.status]?.mark ?? "·"}</span>
          <span class="sr">{a.status}</span>
        </span>
        <span role="cell">
          <a href={href(["run", id, a.task, a.attempt])} class="mono">
            <bdi>{line(a.task)}</bdi>
          </a>
        </span>
        <span role="cell" class="vm">
          {line(a.family)}
        </span>
        <span role="cell" class="n ink3">
          #{a.attempt}
        </span>
        <span role="cell" class="n">
          {value(a.value, def)}
        </span>
        <span role="cell" class="n">
          {num.count(a.steps)}
        </span>
        <span role="cell" class="n vm">
          {a.tokens ? num.short(a.tokens) : "–"}
        </span>
        <span role="cell" class="n vm">
          {num.time(a.ms)}
        </span>
        <span role="cell" class="vm ink3">
          {line(a.cause)}
        </span>
      </>
    ),
    head: (sort, def) => (
      <>
        <span role="columnheader">
          <span class="sr">Status</span>
        </span>
        {sort("Task", "task")}
        {sort("Family", "family", false, "vm")}
        {sort("No.", "k", true)}
        {sort(valueHead(def), def.name, true)}
        {sort("Steps", "steps", true)}
        {sort("Tokens", "tokens", true, "vm")}
        {sort("Time", "ms", true, "vm")}
        <span role="columnheader" class="vm">
          Cause
        </span>
      </>
    ),
  };
  return <Rows {...p} kind={kind} />;
}

/** "#2 number: 13 is wrong", or why it has no outcome. */
function FirstShort({ row }: { row: RunTaskRow }): JSX.Element | null {
  const x = row.first;
  if (!x) return null;
  const text = x.check ? line(x.check.replace(/_/g, " ")) + (x.says ? `: ${line(x.says)}` : "") : line(x.cause);
  return (
    <span title={text}>
      <span class="ink3">#{x.k}</span> {text}
    </span>
  );
}

export function TaskRows(p: TriesProps): JSX.Element {
  const { id } = p;
  const open = (r: RunTaskRow): string => href(["run", id, r.task, r.first?.k ?? 1]);
  const kind: Kind<RunTaskRow> = {
    name: "Tasks",
    segment: "tasks",
    wide: "minmax(170px,1.3fr) minmax(90px,0.8fr) 132px 84px 62px 76px 84px minmax(150px,1.4fr)",
    narrow: "minmax(0,1fr) 92px 64px",
    read: (doc, headline) => runTasksOf(doc, headline),
    none: "The suite has no task.",
    link: open,
    key: (r) => r.task,
    row: (r, def) => (
      <>
        <span role="cell">
          <a href={open(r)} class="mono">
            <bdi>{line(r.task)}</bdi>
          </a>
        </span>
        <span role="cell" class="vm">
          {line(r.family)}
        </span>
        <span role="cell">
          <Tries letters={r.pips} k={r.k} solved={r.solved} over={r.n} />
        </span>
        <span role="cell" class="n">
          {value(r.value, def)}
        </span>
        <span role="cell" class="n vm">
          {!r.steps ? "–" : num.value(r.steps, { factor: 1, decimals: r.k > 1 ? 1 : 0 })}
        </span>
        <span role="cell" class="n vm">
          {r.tokens ? num.short(Math.round(r.tokens)) : "–"}
        </span>
        <span role="cell" class="n vm">
          {r.ms ? num.time(r.ms) : "–"}
        </span>
        <span role="cell" class="vm ink2">
          <FirstShort row={r} />
        </span>
      </>
    ),
    head: (sort, def) => (
      <>
        {sort("Task", "task")}
        {sort("Family", "family", false, "vm")}
        <span role="columnheader">Tries</span>
        {sort(valueHead(def), def.name, true)}
        {sort("Steps", "steps", true, "vm")}
        {sort("Tokens", "tokens", true, "vm")}
        {sort("Time", "ms", true, "vm")}
        <span role="columnheader" class="vm">
          First failing check
        </span>
      </>
    ),
  };
  return <Rows {...p} kind={kind} />;
}
