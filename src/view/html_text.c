/* Text and style of the pages drawn here. */
#include "view/html.h"

#include "text/width.h"

#include "base/banned.h"

/* Control, bidi and zero-width characters become visible first: nothing a model wrote may reorder
 * or hide what stands beside it. */
void tare__html_text(struct tare_buf *out, struct tare_str s)
{
    struct tare_buf safe;
    tare_buf_init(&safe, NULL, out->max);
    tare_text_safe(&safe, s);
    for (size_t i = 0; i < safe.n; i++) {
        char c = safe.p[i];
        if (c == '<')
            tare_buf_puts(out, "&lt;");
        else if (c == '>')
            tare_buf_puts(out, "&gt;");
        else if (c == '&')
            tare_buf_puts(out, "&amp;");
        else if (c == '"')
            tare_buf_puts(out, "&quot;");
        else if (c == '\'')
            tare_buf_puts(out, "&#39;");
        else
            tare_buf_putc(out, c);
    }
    if (safe.failed)
        out->failed = true;
    tare_buf_free(&safe);
}

const char tare__html_style[] =
    ":root{color-scheme:light dark;--page:#FBFBF8;--line:#E2E2DA;--rule:#8A8D88;--ink:#191B1D;"
    "--ink2:#474C51;--ink3:#636970;--accent:#1C5C9E;--up:#0B5FA5;--down:#AF420A;--same:#2C6A50;"
    "--open:#625D6B;--warn:#7A5A00}"
    "@media (prefers-color-scheme:dark){:root{--page:#111315;--line:#2A2F34;--rule:#6E767D;"
    "--ink:#ECEDEE;--ink2:#B9BFC5;--ink3:#939AA1;--accent:#84BBF2;--up:#74B6F4;--down:#F2965F;"
    "--same:#7FC8A4;--open:#B8B2C4;--warn:#E0B84C}}"
    ".drawn{font:14px/20px Inter,ui-sans-serif,system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Noto Sans\",sans-serif;font-variant-numeric:tabular-nums lining-nums;background:var(--page);"
    "color:var(--ink);max-width:1184px;margin:0 auto;padding:24px 32px 48px}"
    "html{background:var(--page)}body{margin:0}"
    ".drawn h1{font-size:28px;line-height:36px;font-weight:600;letter-spacing:-.02em;margin:0 0 "
    "4px}"
    ".drawn h2{font-size:16px;line-height:24px;font-weight:600;margin:36px 0 12px}"
    ".drawn p{margin:4px 0;max-width:75ch}.drawn .lead{font-size:16px;line-height:25px}"
    ".drawn .note{color:var(--ink2);font-size:12px;line-height:16px}"
    ".drawn .inside{color:var(--ink2);font-size:12px;line-height:16px;max-width:110ch}"
    ".drawn .scroll{overflow-x:auto}"
    ".drawn table{border-collapse:collapse;width:100%;font-size:13px}"
    ".drawn th{font-size:12px;line-height:16px;font-weight:500;color:var(--ink3);text-align:right;"
    "padding:6px 8px;border-bottom:1px solid var(--rule);white-space:nowrap}"
    ".drawn td{padding:6px 8px;border-bottom:1px solid var(--line);text-align:right;"
    "white-space:nowrap}"
    ".drawn th.w,.drawn td.w{text-align:left}.drawn td.n{font-weight:600}"
    ".drawn tr.published td.w{font-style:italic;font-weight:400}.drawn tr.control td.n{"
    "color:var(--ink3)}"
    ".drawn td.range{color:var(--ink2)}.drawn svg{display:block;width:100%;min-width:200px;"
    "height:24px;overflow:visible}.drawn svg.tall{height:72px;max-width:760px}"
    ".drawn .grid{stroke:var(--line)}.drawn .axis{stroke:var(--rule)}"
    ".drawn .whisker{stroke:var(--ink);stroke-width:2;stroke-linecap:round}"
    ".drawn .dot{fill:var(--ink)}.drawn .control .whisker{stroke:var(--ink3)}"
    ".drawn .control .dot{fill:var(--ink3)}.drawn .published .dot{fill:none;stroke:var(--ink);"
    "stroke-width:1.5}"
    ".drawn .band{fill:var(--line)}.drawn text{font-size:11px;fill:var(--ink3)}"
    ".drawn .up{color:var(--up)}.drawn .down{color:var(--down)}.drawn .same{color:var(--same)}"
    ".drawn .open{color:var(--open)}.drawn a{color:var(--accent)}"
    ".drawn pre{font:13px/20px ui-monospace,\"SF Mono\",\"Cascadia Mono\",\"DejaVu Sans Mono\","
    "monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:none;margin:4px 0}"
    ".drawn nav{margin:0 0 20px;color:var(--ink3);display:flex;flex-wrap:wrap;gap:4px 20px}"
    ".drawn .skip{position:absolute;left:-999px}.drawn .skip:focus{left:12px;top:8px;"
    "background:var(--page);padding:8px 12px}"
    ".drawn :focus-visible{outline:2px solid var(--accent);outline-offset:2px}"
    ".drawn u.planted{text-decoration:underline wavy var(--warn) 1.5px;text-underline-offset:4px}"
    ".drawn .warn{color:var(--warn)}.drawn h3{font-size:14px;line-height:20px;margin:24px 0 4px}"
    ".drawn td.w.wrap{white-space:normal;overflow-wrap:anywhere;min-width:200px}"
    ".drawn h1,.drawn p,.drawn .break{overflow-wrap:anywhere}"
    ".drawn .bodies pre{max-height:420px;overflow:auto}"
    ".drawn td.code{font-family:ui-monospace,\"DejaVu Sans Mono\",monospace;font-size:12px;"
    "white-space:normal;overflow-wrap:anywhere;min-width:120px}"
    "@media (max-width:719px){.drawn{padding:16px}.drawn h1{font-size:22px;line-height:28px}}"
    "@media print{.drawn{max-width:none;padding:0}}";
