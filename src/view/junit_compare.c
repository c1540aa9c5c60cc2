#include <stdio.h>

#include "view/compare_text.h"
#include "view/term.h"

#include "base/banned.h"

/* Text and attribute values of XML 1.0: what it cannot hold becomes U+FFFD. */
static void put_xml(struct tare_buf *out, struct tare_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch == '<')
            tare_buf_puts(out, "&lt;");
        else if (ch == '>')
            tare_buf_puts(out, "&gt;");
        else if (ch == '&')
            tare_buf_puts(out, "&amp;");
        else if (ch == '"')
            tare_buf_puts(out, "&quot;");
        else if (ch == '\n' || ch == '\t')
            tare_buf_putc(out, ' ');
        else if (ch < 0x20)
            tare_buf_puts(out, "\xEF\xBF\xBD");
        else
            tare_buf_putc(out, (char)ch);
    }
}

void tare_view_compare_junit(struct tare_buf *out, const struct tare_compare *c, uint32_t n,
                             enum tare_gate gate)
{
    struct tare_buf text;
    uint32_t failures = 0;
    tare_buf_init(&text, NULL, 64 * 1024);
    for (uint32_t i = 0; i < n; i++)
        failures += !tare_gate_passes(gate, &c[i]);
    tare_buf_printf(out,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    "<testsuite name=\"tare compare\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
                    "skipped=\"0\">\n",
                    n, failures);
    for (uint32_t i = 0; i < n; i++) {
        const struct tare_compare *x = &c[i];
        tare_buf_reset(&text);
        tare_view_sentence(&text, x, true);
        tare_buf_puts(out, "  <testcase classname=\"");
        put_xml(out, x->metric.name);
        tare_buf_puts(out, "\" name=\"");
        put_xml(out, x->b.name);
        tare_buf_puts(out, " against ");
        put_xml(out, x->a.name);
        tare_buf_puts(out, "\">\n");
        if (!tare_gate_passes(gate, x)) {
            tare_buf_printf(out, "    <failure type=\"%s\" message=\"%s\">",
                            tare_verdict_name(x->out.verdict), tare_gate_name(gate));
            put_xml(out, tare_buf_str(&text));
            tare_buf_puts(out, "</failure>\n");
        }
        tare_buf_puts(out, "    <system-out>");
        put_xml(out, tare_buf_str(&text));
        tare_buf_puts(out, "</system-out>\n  </testcase>\n");
    }
    tare_buf_puts(out, "</testsuite>\n");
    tare_buf_free(&text);
}
