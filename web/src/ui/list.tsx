// A list of any length: rows of one height, windows by offset, one more window ahead of the scroll,
// requests that were scrolled past abandoned. Above the tallest box a browser can scroll, the
// scrollbar maps in proportion and keys still move by rows.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { useKeys } from "../keys";
import { density, rowHeight, useSignal } from "../state";

export const windowRows = 200;
const tallest = 9_000_000; // px; engines stop between 16 and 33 million

export interface ListProps<Row> {
  name: string;
  total: number;
  columns: string; // grid-template-columns
  /** Rows offset … offset + windowRows; the promise of an abandoned window may reject. */
  fetch(offset: number, signal: AbortSignal): Promise<Row[]>;
  /** Changes when the rows are other rows (sort, filter, store). */
  version: string;
  /** Changes when they come in another order or are filtered: the list begins at its top again. */
  order: string;
  row(row: Row, i: number): JSX.Element;
  link(row: Row): string;
  key_(row: Row): string;
  marks?: readonly string[];
  onMark?(row: Row): void;
  /** What other keys of the table do with the row in focus, by name. */
  rowKeys?: Record<string, (row: Row) => void>;
  header: JSX.Element;
  height?: number;
}

interface Window<Row> {
  rows: Row[] | null;
  old: boolean; // of the version before; shown until the new rows are there, so that nothing jumps
  stop: AbortController;
}

export function List<Row>(props: ListProps<Row>): JSX.Element {
  useSignal(density);
  const box = useRef<HTMLDivElement>(null);
  const windows = useRef(new Map<number, Window<Row>>());
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const at = useRef(0); // the row keys move
  const focusWanted = useRef(false);
  const top = useRef(0);
  const before = useRef(0);
  const resting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const h = rowHeight();
  const { total } = props;

  const firstOrder = useRef(props.order);
  useEffect(() => {
    const other = firstOrder.current !== props.order;
    for (const [offset, w] of windows.current) {
      w.old = true;
      w.stop.abort();
      if (other || !w.rows) windows.current.delete(offset);
    }
    at.current = Math.min(at.current, Math.max(0, total - 1));
    draw(0);
  }, [props.version, props.total]);
  useEffect(() => {
    if (firstOrder.current === props.order) return;
    firstOrder.current = props.order;
    at.current = 0;
    top.current = 0;
    if (box.current) box.current.scrollTop = 0;
    draw(0);
  }, [props.order]);
  useEffect(() => () => windows.current.forEach((w) => w.stop.abort()), []);

  const real = total * h;
  const drawn = Math.min(real, tallest);
  const viewHeight = Math.min(Math.max(h * 4, drawn), props.height ?? Math.max(240, window.innerHeight - 260));
  // Scroll position → first row shown (a fraction), and the way back.
  const spread = real > drawn ? (total - viewHeight / h) / Math.max(1, drawn - viewHeight) : 1 / h;
  const firstShown = Math.max(0, top.current * spread);
  const first = Math.max(0, Math.floor(firstShown) - 6);
  const last = Math.min(total, Math.ceil(firstShown + viewHeight / h) + 6);

  function need(offset: number): void {
    const had = windows.current.get(offset);
    if (offset < 0 || offset >= total || (had && !had.old)) return;
    const w: Window<Row> = { rows: had?.rows ?? null, old: false, stop: new AbortController() };
    windows.current.set(offset, w);
    props.fetch(offset, w.stop.signal).then(
      (rows) => {
        w.rows = rows;
        if (!w.stop.signal.aborted) draw(0);
      },
      () => {
        if (windows.current.get(offset) === w) windows.current.delete(offset);
      },
    );
  }
  useLayoutEffect(() => {
    const moved = (top.current - before.current) * spread;
    const down = moved >= 0;
    before.current = top.current;
    const from = Math.floor(first / windowRows) * windowRows;
    const to = Math.floor(Math.max(0, last - 1) / windowRows) * windowRows;
    // Rows that fly past are not asked for: nobody reads them, and the server would make them all.
    clearTimeout(resting.current);
    if (Math.abs(moved) > windowRows / 4) resting.current = setTimeout(() => draw(0), 60);
    else {
      for (let o = from; o <= to; o += windowRows) need(o);
      need(down ? to + windowRows : from - windowRows);
    }
    // Windows that were passed: their requests are abandoned, and few are kept.
    for (const [offset, w] of windows.current) {
      const far = offset < from - 3 * windowRows || offset > to + 3 * windowRows;
      if (far && (w.rows === null || windows.current.size > 12)) {
        w.stop.abort();
        windows.current.delete(offset);
      }
    }
    // One stop for Tab: the row at hand, or the first on the screen; the other rows are a key away.
    const stop = at.current >= first && at.current < last ? at.current : Math.ceil(firstShown);
    box.current?.querySelectorAll<HTMLElement>("[data-row] a, [data-row] button").forEach((e) => {
      const own = e.closest<HTMLElement>("[data-row]")?.dataset["row"] === String(stop);
      e.tabIndex = own ? 0 : -1;
    });
    if (focusWanted.current) {
      // The row may still be on its way; it takes the focus when it comes.
      const link = box.current?.querySelector<HTMLElement>(`[data-row="${at.current}"] a`);
      if (link) {
        focusWanted.current = false;
        link.focus({ preventScroll: true });
      }
    }
  });

  const rowAt = (i: number): Row | null => {
    const o = Math.floor(i / windowRows) * windowRows;
    return windows.current.get(o)?.rows?.[i - o] ?? null;
  };

  function move(to: number): boolean {
    if (total === 0) return false;
    at.current = Math.max(0, Math.min(total - 1, to));
    const rowsShown = viewHeight / h;
    let start = firstShown;
    if (at.current < firstShown) start = at.current;
    else if (at.current + 1 > firstShown + rowsShown) start = at.current + 1 - rowsShown;
    focusWanted.current = true;
    if (box.current && start !== firstShown) {
      top.current = start / spread;
      box.current.scrollTop = top.current;
    }
    draw(0);
    return true;
  }
  const page = Math.max(1, Math.floor(viewHeight / h) - 1);
  useKeys("list", {
    next: () => move(box.current?.contains(document.activeElement) ? at.current + 1 : at.current),
    previous: () => move(at.current - 1),
    first: () => move(0),
    last: () => move(total - 1),
    "page-down": () => move(at.current + page),
    "page-up": () => move(at.current - page),
    open: () => {
      const row = rowAt(at.current);
      if (row === null) return false;
      location.hash = props.link(row);
      return true;
    },
    ...Object.fromEntries(
      Object.entries(props.rowKeys ?? {}).map(([name, does]) => [
        name,
        () => {
          const row = rowAt(at.current);
          if (row) does(row);
        },
      ]),
    ),
    ...(props.onMark
      ? {
          mark: () => {
            const row = rowAt(at.current);
            if (row) props.onMark?.(row);
          },
        }
      : {}),
  });

  const rows: JSX.Element[] = [];
  for (let i = first; i < last; i++) {
    const row = rowAt(i);
    const y = Math.round((i - firstShown) * h + top.current);
    const style = { top: `${y}px`, height: `${h}px`, gridTemplateColumns: props.columns };
    const marked = row !== null && props.marks?.includes(props.key_(row));
    rows.push(
      <div
        key={i}
        class={"vr" + (i === at.current ? " at" : "") + (marked ? " marked" : "")}
        style={style}
        role="row"
        aria-rowindex={i + 2}
        data-row={i}
        {...(props.onMark ? { "aria-selected": marked ? "true" : "false" } : {})}
        onFocusCapture={() => {
          if (at.current !== i) {
            at.current = i;
            draw(0);
          }
        }}
      >
        {row === null ? (
          <span role="cell">
            <span class="bar" />
          </span>
        ) : (
          props.row(row, i)
        )}
      </div>,
    );
  }
  return (
    <div role="table" aria-label={props.name} aria-rowcount={total + 1}>
      <div role="rowgroup">
        <div class="vh" role="row" aria-rowindex={1} style={{ gridTemplateColumns: props.columns }}>
          {props.header}
        </div>
      </div>
      <div
        class="vl"
        role="rowgroup"
        ref={box}
        tabIndex={rows.length ? -1 : 0}
        style={{ height: `${viewHeight + 2}px` }}
        onScroll={() => {
          top.current = box.current?.scrollTop ?? 0;
          draw(0);
        }}
      >
        <div class="vlin" role="presentation" style={{ height: `${drawn}px` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

/** A column head that sorts. */
export function SortHead(p: {
  label: string;
  column: string;
  sort: string;
  set(sort: string): void;
  n?: boolean;
  class?: string;
}): JSX.Element {
  const is = p.sort === p.column ? "ascending" : p.sort === "-" + p.column ? "descending" : null;
  return (
    <span role="columnheader" class={(p.n ? "n " : "") + (p.class ?? "")} {...(is ? { "aria-sort": is as "ascending" } : {})}>
      <button type="button" onClick={() => p.set(is === "descending" ? p.column : is === "ascending" ? "" : "-" + p.column)}>
        {p.label}
      </button>
    </span>
  );
}
