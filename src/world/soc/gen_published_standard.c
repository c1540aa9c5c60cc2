/* The published scenarios of the standard tier. */
#include "world/soc/gen_published_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define PRINT TARE__MAKER_PRINT

/* ---- standard ---------------------------------------------------------------------------- */

static size_t code_points(struct tare_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

/* Byte offset of code point number k. */
static size_t byte_of(struct tare_str s, size_t k)
{
    size_t i = 0;
    for (size_t n = 0; i < s.n; i++) {
        if (((unsigned char)s.p[i] & 0xc0) != 0x80 && n++ == k)
            break;
    }
    return i;
}

/* In two near the middle: after the last full stop before it, unless that is too near the start. */
static void split(struct tare_str text, struct tare_str *a, struct tare_str *b)
{
    size_t n = code_points(text), mid = n / 2 > 1 ? n / 2 : 1, cut = mid;
    size_t at = 0;
    bool found = false;
    for (size_t i = 0; i < byte_of(text, mid); i++) {
        if (text.p[i] == '.') {
            at = i;
            found = true;
        }
    }
    if (found && code_points(tare_str_n(text.p, at)) >= 20)
        cut = code_points(tare_str_n(text.p, at));
    size_t byte = byte_of(text, cut + 1);
    *a = tare_str_trim(tare_str_n(text.p, byte));
    *b = tare_str_trim(tare_str_n(text.p + byte, text.n - byte));
}

static struct tare_str text_number(const struct tare__maker *m, uint32_t k)
{
    struct tare_json t = tare_json_at(tare__maker_table(m, "INJECTION_TEXTS_IN_FILE_ORDER"),
                                      m->order[k % m->n_texts]);
    return tare_json_str(tare_json_get(t, "text"));
}

static void draw_flags(struct tare__maker *m)
{
    double p = 0;
    bool any = false;
    for (uint32_t s = 0; s < SURFACES; s++) {
        (void)tare_json_f64(
            tare_json_get(tare__maker_table(m, "INJECTION_RATES"), tare__surfaces[s]), &p);
        m->on[s] = tare__maker_below(m, p);
        any = any || m->on[s];
    }
    (void)tare_json_f64(tare__maker_table(m, "INJECTION_MIN_COVERAGE"), &p);
    if (any || !tare__maker_below(m, p))
        return;
    struct tare_str one =
        tare_json_str(tare__maker_weighted(m, tare__maker_table(m, "INJECTION_SURFACE_WEIGHTS")));
    for (uint32_t s = 0; s < SURFACES; s++)
        m->on[s] = tare_str_is(one, tare__surfaces[s]);
}

static void draw_shape(struct tare__maker *m)
{
    int64_t last = 0, steps = 0;
    (void)tare_json_i64(tare__maker_weighted(m, tare__maker_table(m, "OBJECTIVE_MAX_WEIGHTS")),
                        &last);
    m->n_objectives = (uint32_t)last + 1;
    (void)tare_json_i64(tare__maker_weighted(m, tare__maker_table(m, "MAX_STEPS_DISTRIBUTION")),
                        &steps);
    m->at['X'] = PRINT(m, "%d", (int)steps);
    draw_flags(m);
    m->at['C'] = tare__maker_choice(m, "CRED_METHODS");
    m->at['M'] = tare__maker_choice(m, "DATA_METHODS");
    m->at['H'] = tare__maker_choice(m, "EXFIL_CHANNELS");
    m->at['l'] = tare__maker_choice(m, "LATERAL_METHODS");
}

/* Lists under a bracket: payloads and their truth. */
static void draw_payloads(struct tare__maker *m)
{
    struct tare_buf list, truth;
    tare_buf_init(&list, NULL, TARE_MIB);
    tare_buf_init(&truth, NULL, TARE_MIB);
    bool first = true;
    for (uint32_t s = 0; s < SURFACES; s++) {
        if (!m->on[s])
            continue;
        if (m->edition == TARE_SOC_EDITION_PUBLISHED) {
            bool query = m->act[s] == 3, adaptive = tare__mt19937_below(&m->mt, 2) == 1;
            m->family = adaptive ? TARE_S("adaptive")
                        : query  ? TARE_S("data_exfil")
                                 : TARE_S("direct_harm");
        }
        tare__maker_payload(m, (enum tare__surface)s);
        struct tare_str text = tare__maker_filled(m, tare__published_payload);
        tare_buf_puts(&list, first ? "[" : ",");
        if (m->edition == TARE_SOC_EDITION_PUBLISHED) { /* the tier was filled in later */
            tare_buf_put(&list, tare_str_n(text.p, text.n - 1));
            tare_buf_printf(&list, ",\"difficulty_tier\":%d}",
                            tare_str_is(m->family, "data_exfil")    ? 1
                            : tare_str_is(m->family, "direct_harm") ? 2
                                                                    : 3);
        } else {
            tare_buf_put(&list, text);
        }
        tare_buf_printf(&truth, "%s{\"injection_id\":\"%.*s\",\"expected_violation\":\"%.*s\"}",
                        first ? "[" : ",", TARE_FMT(m->at['I']), TARE_FMT(m->at['V']));
        first = false;
    }
    tare_buf_puts(&list, first ? "[]" : "]");
    tare_buf_puts(&truth, first ? "[]" : "]");
    m->at['P'] = tare_arena_copy(m->arena, tare_buf_str(&list));
    m->at['Q'] = tare_arena_copy(m->arena, tare_buf_str(&truth));
    m->failed = m->failed || list.failed || truth.failed;
    tare_buf_free(&list);
    tare_buf_free(&truth);
}

/* White space of any length as one space. */
static struct tare_str flattened(struct tare__maker *m, struct tare_str s)
{
    char *p = tare_arena_alloc(m->arena, s.n + 1);
    size_t n = 0;
    if (p == NULL) {
        m->failed = true;
        return s;
    }
    for (size_t i = 0; i < s.n; i++) {
        bool white = s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r');
        if (!white)
            p[n++] = s.p[i];
        else if (n > 0 && p[n - 1] != ' ')
            p[n++] = ' ';
    }
    return tare_str_n(p, n);
}

static void draw_notes(struct tare__maker *m)
{
    static const char *const notes[] = {"BENIGN_EMAIL_NOTES", "BENIGN_ALERT_NOTES",
                                        "BENIGN_PROCESS_COMMANDS"};
    static const char carrier[] = {'E', 'F', 'G'};
    struct tare_str told[SURFACES];
    for (uint32_t s = 0; s < SURFACES; s++) {
        told[s] = m->on[s] ? m->payload[s] : tare__maker_choice(m, notes[s]);
        m->at[(unsigned char)carrier[s]] =
            m->on[s] ? PRINT(m, "\"inj-%03u-%02u\"", m->i, s + 1) : TARE_S("null");
    }
    m->at['g'] = told[ALERT];
    if (m->on[LOG]) {
        struct tare_str flat = flattened(m, told[LOG]);
        m->at['k'] = PRINT(m, "cmd=review %.*s", TARE_FMT(flat));
    } else {
        m->at['k'] = told[LOG];
    }
    struct tare_str body = tare_json_str(tare__maker_table(m, "EMAIL_BODY"));
    struct tare_str dept = m->at['d'];
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    for (size_t i = 0; i < body.n; i++) {
        struct tare_str rest = tare_str_n(body.p + i, body.n - i);
        if (tare_str_starts(rest, TARE_S("{name}"))) {
            tare_buf_printf(&b, "user%03u", m->i);
            i += 5;
        } else if (tare_str_starts(rest, TARE_S("{text}"))) {
            tare_buf_put(&b, told[EMAIL]);
            i += 5;
        } else if (tare_str_starts(rest, TARE_S("{Dept}")) && dept.n > 0) {
            tare_buf_printf(&b, "%c%.*s", dept.p[0] - 'a' + 'A', (int)dept.n - 1, dept.p + 1);
            i += 5;
        } else {
            tare_buf_putc(&b, body.p[i]);
        }
    }
    m->at['e'] = tare_arena_copy(m->arena, tare_buf_str(&b));
    m->failed = m->failed || b.failed;
    tare_buf_free(&b);
}

static void draw_trust_and_severity(struct tare__maker *m)
{
    m->at['f'] = m->on[EMAIL] ? TARE_S("untrusted") : tare__maker_trust(m, EMAIL);
    m->at['x'] = m->on[ALERT] ? TARE_S("untrusted") : tare__maker_trust(m, ALERT);
    m->at['w'] = m->on[LOG] ? TARE_S("untrusted") : tare__maker_trust(m, LOG);
    m->at['y'] = tare__maker_trust(m, LOG);
    m->at['u'] = tare__maker_trust(m, LOG);
    m->at['v'] = tare__maker_trust(m, LOG);
    m->at['o'] = tare__maker_trust(m, ALERT);
    m->at['4'] = tare__maker_choice(m, "ALERT_SEVERITIES");
    m->at['5'] = tare__maker_choice(m, "ALERT_SEVERITIES");
    m->at['6'] = tare__maker_choice(m, "ALERT_SEVERITIES");
    m->at['h'] = tare__maker_choice(m, "EXFIL_CHANNELS");
    m->at['N'] = tare__maker_choice(m, "ALERT_TYPES");
    m->at['7'] = tare__maker_choice(m, "ALERT_SEVERITIES");
    struct tare_str auth =
        PRINT(m, "{\"artifact_type\":\"log_template\",\"artifact_id\":\"lt-auth-%03u\"}", m->i);
    if (tare__maker_below(m, 0.45))
        m->at['z'] =
            PRINT(m, "[%.*s,{\"artifact_type\":\"alert\",\"artifact_id\":\"lt-prealert-%03u\"}]",
                  TARE_FMT(auth), m->i);
    else
        m->at['z'] = PRINT(m, "[%.*s]", TARE_FMT(auth));
    m->at['n'] = PRINT(m, "%u", 10 + tare__mt19937_below(&m->mt, 90));
    m->at['R'] = tare__maker_choice(m, "ROLES");
    m->at['D'] = tare__maker_choice(m, "DEPTS");
    m->at['1'] = tare__maker_choice(m, "HOST_OS");
    m->at['2'] = tare__maker_choice(m, "HOST_OS");
    m->at['3'] = tare__maker_choice(m, "HOST_OS");
    m->at['j'] = tare__maker_choice(m, "EMAIL_SUBJECTS");
}

struct taxonomy {
    struct tare_str id, family, primary, notes, log_trust;
    int64_t tier; /* 0: not given */
};

/* Of the data set: from the first payload (every seed there has one) and the highest tier. */
static struct taxonomy filled_in_later(struct tare__maker *m)
{
    struct tare_json list = {0};
    if (tare_json_parse(m->at['P'], &tare_json_strict, m->arena, &list, NULL) != TARE_OK)
        m->failed = true;
    struct tare_json p = tare_json_first(list);
    struct taxonomy t = {.family = tare_json_str(tare_json_get(p, "injection_type")),
                         .primary = tare_json_str(tare_json_get(p, "target_action")),
                         .notes = TARE_S("Backfilled from injection metadata."),
                         .log_trust = m->at['y']};
    t.id = PRINT(m, "%.*s-%s", TARE_FMT(t.family),
                 tare_str_is(t.primary, "query_logs") ? "query" : "containment");
    for (; tare_json_present(p); p = tare_json_next(p)) {
        int64_t tier = 0;
        (void)tare_json_i64(tare_json_get(p, "difficulty_tier"), &tier);
        t.tier = tier > t.tier ? tier : t.tier;
    }
    return t;
}

static void put_member(struct tare_json_writer *w, const char *key, struct tare_str value)
{
    tare_json_put_key(w, key);
    tare_json_put_str(w, value);
}

static void put_objectives(const struct tare__maker *m, struct tare_json_writer *w)
{
    tare_json_begin_array(w);
    for (uint32_t k = 0; k < m->n_objectives; k++)
        tare_json_put_value(w, tare_json_at(tare__maker_table(m, "OBJECTIVE_ORDER"), k));
    tare_json_end_array(w);
}

static void put_taxonomy(const struct tare__maker *m, const struct taxonomy *t,
                         struct tare_json_writer *w)
{
    static const enum tare__surface by_name[] = {ALERT, EMAIL, LOG},
                                    by_number[] = {EMAIL, ALERT, LOG};
    tare_json_begin_object(w);
    put_member(w, "version", TARE_S("v1"));
    put_member(w, "pattern_id", t->id);
    put_member(w, "family", t->family);
    put_member(w, "primary_action", t->primary);
    tare_json_put_key(w, "surfaces");
    tare_json_begin_array(w);
    for (uint32_t k = 0; k < SURFACES; k++) {
        enum tare__surface s = t->tier > 0 ? by_name[k] : by_number[k];
        if (m->on[s])
            tare_json_put_cstr(w, tare__surfaces[s]);
    }
    tare_json_end_array(w);
    tare_json_put_key(w, "objective_profile");
    put_objectives(m, w);
    tare_json_put_key(w, "trust_profile");
    tare_json_begin_object(w);
    put_member(w, "email", m->at['f']);
    put_member(w, "alert", m->at['x']);
    put_member(w, "log", t->log_trust);
    tare_json_end_object(w);
    put_member(w, "notes", t->notes);
    if (t->tier > 0) {
        tare_json_put_key(w, "injection_difficulty_tier");
        tare_json_put_i64(w, t->tier);
    }
    tare_json_end_object(w);
}

static void set_taxonomy(struct tare__maker *m)
{
    struct tare_buf b;
    struct tare_json_writer w;
    struct taxonomy t = {m->at['('], m->family, m->at['='], m->at[')'], m->at['w'], 0};
    if (m->edition == TARE_SOC_EDITION_PUBLISHED)
        t = filled_in_later(m);
    tare_buf_init(&b, NULL, 64 * TARE_KIB);
    tare_json_writer_init(&w, &b);
    put_objectives(m, &w);
    m->at['O'] = tare_arena_copy(m->arena, tare_buf_str(&b));
    tare_buf_reset(&b);
    tare_json_writer_init(&w, &b);
    put_taxonomy(m, &t, &w);
    m->at['Y'] = tare_arena_copy(m->arena, tare_buf_str(&b));
    m->failed = m->failed || b.failed;
    tare_buf_free(&b);
}

void tare__maker_standard(struct tare__maker *m, struct tare_buf *out)
{
    uint32_t i = m->i, third = m->n_texts / 3;
    m->internal = PRINT(m, "corp%03u.local", i);
    m->at['U'] = PRINT(m, "u-%03u", i);
    split(text_number(m, i - 1), &m->base[EMAIL], &m->base[ALERT]);
    m->base[LOG] = text_number(m, i - 1 + 2 * third);
    tare__maker_people(m);
    draw_shape(m);
    if (m->edition == TARE_SOC_EDITION_PUBLISHED)
        tare__maker_targets_published(m);
    else
        tare__maker_targets_current(m);
    draw_payloads(m);
    draw_notes(m);
    draw_trust_and_severity(m);
    set_taxonomy(m);
    uint32_t x = i % 255;
    m->at['a'] = PRINT(m, "10.0.%u.%u", x, 10 + i % 200);
    m->at['b'] = PRINT(m, "10.0.%u.%u", x, 200 + i % 50);
    m->at['c'] = PRINT(m, "10.1.%u.%u", x, 50 + i % 200);
    m->at['s'] = PRINT(m, "10.8.%u.%u", x, 10 + i % 200);
    m->at['S'] = PRINT(m, "10.5.%u.%u", x, 20 + i % 200);
    m->at['m'] = PRINT(m, "%u", 1024 + 7 * i);
    m->at['q'] = PRINT(m, "%u", 2048 + 5 * i);
    struct tare_str seed = tare__maker_filled(m, tare__published_standard);
    m->at['*'] = PRINT(m, "seed-%03u", i);
    m->at['H'] = PRINT(m, "h-%03u-01", i);
    m->at['T'] = PRINT(m, "t-%03u", i);
    tare_buf_puts(out, "{\"seed\":");
    tare_buf_put(out, seed);
    tare_buf_puts(out, ",\"ground_truth\":");
    tare__maker_fill(m, tare__published_truth, out);
    tare_buf_puts(out, "}\n");
}
