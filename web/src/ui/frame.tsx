// The bar, the foot, the help, find: what stands around every page.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { hitsOf, type Hit } from "../docs";
import { keysOf, keyText, scopeNames, table, useKeys, type Scope } from "../keys";
import { go, search } from "../route";
import type { Doc } from "../source";
import { copy, density, foot, load, say, shared, spoken, turnTheme, useRoute, useSignal } from "../state";
import { line } from "./text";

const words: [string, string, string[]][] = [
  ["Runs", "#/runs", ["runs", "run"]],
  ["Leaderboard", "#/board", ["board"]],
  ["Compare", "#/compare", ["compare"]],
  ["Suites", "#/suites", ["suites", "suite", "task"]],
  ["Power", "#/power", ["power"]],
];

function Brand(): JSX.Element {
  return (
    <a class="brand" href="#/runs" aria-label="tare">
      <svg width="22" height="18" viewBox="0 0 22 18" aria-hidden="true">
        <g fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round">
          <path d="M3 4.5h16M11 2v13M7.5 15.8h7" />
          <path d="M.9 9.6a2.9 2.9 0 0 0 5.2 0L3.5 4.5zM15.9 9.6a2.9 2.9 0 0 0 5.2 0l-2.6-5.1z" stroke-linejoin="round" />
        </g>
      </svg>
      <span>tare</span>
    </a>
  );
}

function Overlay({ name, close, children }: { name: string; close(): void; children: ComponentChildren }): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={ref} aria-label={name} onClose={close} onClick={(e) => e.target === ref.current && close()}>
      {children}
    </dialog>
  );
}

function Help({ close }: { close(): void }): JSX.Element {
  return (
    <Overlay name="Keys" close={close}>
      <div class="hd">
        <h2>Keys</h2>
        <button type="button" class="end" onClick={close}>
          Close <kbd>Esc</kbd>
        </button>
      </div>
      <div class="keys">
        {(Object.keys(scopeNames) as Scope[]).map((scope) => (
          <div key={scope}>
            <b>{scopeNames[scope]}</b>
            <dl>
              {table
                .filter((k) => k.scope === scope)
                .map((k) => (
                  <>
                    <dt>
                      {keyText(k).map((t) => (
                        <>
                          <kbd>{t}</kbd>{" "}
                        </>
                      ))}
                    </dt>
                    <dd>{k.does}</dd>
                  </>
                ))}
            </dl>
          </div>
        ))}
      </div>
    </Overlay>
  );
}

/** Hits of /find, asked for 80 ms after the last press. */
export function FindBox({ close, start = "" }: { close?: () => void; start?: string }): JSX.Element {
  const [q, setQ] = useState(start);
  const [hits, setHits] = useState<Hit[] | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (!q.trim()) {
      setHits(null);
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      load<Doc>("/find" + search({ q, limit: 20 }), stop.signal).then(
        (doc) => {
          const found = hitsOf(doc);
          setHits(found);
          setAt(0);
          setTrouble(null);
          say(`${found.length} found`);
        },
        (e: unknown) => {
          if (!stop.signal.aborted) setTrouble(e instanceof Error ? e.message : String(e));
        },
      );
    }, 80);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [q]);
  const open = (h: Hit | undefined): void => {
    if (!h) return;
    close?.();
    go(h.link.replace(/^[^#]*/, ""));
  };
  return (
    <div>
      <input
        ref={input}
        type="search"
        style={{ width: "100%", height: "36px", fontSize: "15px" }}
        placeholder="a run, a task, a suite; or words: family:benign reward<0"
        aria-label="Find"
        value={q}
        onInput={(e) => setQ(e.currentTarget.value)}
        onKeyDown={(e) => {
          const n = hits?.length ?? 0;
          if (e.key === "ArrowDown" && n) setAt((at + 1) % n);
          else if (e.key === "ArrowUp" && n) setAt((at + n - 1) % n);
          else if (e.key === "Enter") open(hits?.[at]);
          else return;
          e.preventDefault();
        }}
      />
      {trouble && <p class="sub">{line(trouble)}</p>}
      {hits && hits.length === 0 && <p class="sub">Nothing is called that.</p>}
      {hits && hits.length > 0 && (
        <ul class="hits">
          {hits.map((h, i) => (
            <li key={h.link + i} class={i === at ? "at" : ""}>
              <a
                href={h.link.replace(/^[^#]*/, "")}
                aria-current={i === at ? "true" : undefined}
                onClick={() => close?.()}
              >
                <span>{line(h.kind)}</span>
                <b>{line(h.title)}</b>
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Footer({ help }: { help(): void }): JSX.Element {
  const { command, json, docs } = useSignal(foot);
  const link = json === null ? null : shared.source.link(json);
  return (
    <footer data-docs={JSON.stringify(docs)}>
      {command && (
        <button type="button" class="cmd mono" title="Copy the command that prints the same facts" onClick={() => void copy(command, "command")}>
          {line(command)}
        </button>
      )}
      <span>
        {["next", "previous"].flatMap((n) => keysOf("list", n).slice(0, 1)).map((k) => (
          <>
            <kbd>{k}</kbd>{" "}
          </>
        ))}
        move &nbsp;<kbd>↵</kbd> open &nbsp;
        <button type="button" class="plain" onClick={help}>
          <kbd>?</kbd>&nbsp;keys
        </button>
      </span>
      {link && (
        <a class="end" href={link}>
          This page as JSON
        </a>
      )}
    </footer>
  );
}

function Live(): JSX.Element {
  return (
    <div class="sr" aria-live="polite" role="status">
      {useSignal(spoken)}
    </div>
  );
}

export function Frame({ children }: { children: ComponentChildren }): JSX.Element {
  const route = useRoute();
  const [over, setOver] = useState<"help" | "find" | null>(null);
  const page = route.path[0] ?? "runs";
  useEffect(() => setOver(null), [route.path.join("/")]);
  const to = (h: string) => () => go(h);
  useKeys("all", {
    find: () => {
      if (shared.source.kind !== "http") return false;
      setOver("find");
      return true;
    },
    help: () => setOver(over === "help" ? null : "help"),
    close: () => {
      if (!over) return false;
      setOver(null);
      return true;
    },
    "go-runs": to("#/runs"),
    "go-board": to("#/board"),
    "go-compare": to("#/compare"),
    "go-suites": to("#/suites"),
    "go-power": to("#/power"),
    theme: turnTheme,
    density: () => density.set(density.get() === "dense" ? "roomy" : "dense"),
    "copy-link": () => void copy(location.href, "link"),
    "copy-command": () => {
      const { command } = foot.get();
      if (!command) return false;
      void copy(command, "command");
      return true;
    },
  });
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        Skip to content
      </a>
      <header class="top">
        <Brand />
        <nav aria-label="Pages">
          {words.filter(([, , pages]) => shared.source.kind === "http" || !pages.some((p) => p === "suites" || p === "power")).map(([word, link, pages]) => (
            <a key={word} href={link} aria-current={pages.includes(page) ? "page" : undefined}>
              {word}
            </a>
          ))}
        </nav>
        <div class="r">
          {shared.source.kind === "http" && (
            <button type="button" onClick={() => setOver("find")}>
              Find <kbd>/</kbd>
            </button>
          )}
          <button type="button" aria-label="Switch between light and dark" title="Switch between light and dark" onClick={turnTheme}>
            <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
              <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.4" />
              <path d="M7 1.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
            </svg>
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1} style={{ outline: "none" }}>
        {children}
      </main>
      <Footer help={() => setOver("help")} />
      <Live />
      {over === "help" && <Help close={() => setOver(null)} />}
      {over === "find" && (
        <Overlay name="Find" close={() => setOver(null)}>
          <FindBox close={() => setOver(null)} />
        </Overlay>
      )}
    </>
  );
}

export function Crumbs({ of }: { of: [string, string | null][] }): JSX.Element {
  return (
    <div class="crumb">
      {of.map(([name, link], i) => (
        <>
          {i > 0 && " / "}
          {link ? <a href={link}>{line(name)}</a> : <span>{line(name)}</span>}
        </>
      ))}
    </div>
  );
}
