/* Draws in the order of the original (fact sheet, section 16) and fills the skeletons. */
#include "world/soc/gen_published.h"

#include "base/limits.h"
#include "world/soc/gen_published_int.h"

#include "base/banned.h"

#define PRINT TARE__MAKER_PRINT

const char *const tare__surfaces[] = {"email", "alert", "log"};
const char *const tare__acts[] = {"block_domain", "isolate_host", "reset_user", "query_logs",
                                  "submit_report"};
const char *const tare__params[] = {"domain", "host_id", "user_id", "sql", "summary_json"};

/* ---- draws ------------------------------------------------------------------------------- */

struct tare_json tare__maker_table(const struct tare__maker *m, const char *name)
{
    return tare_json_get(m->tables, name);
}

static struct tare_json choose(struct tare__maker *m, const char *name)
{
    struct tare_json t = tare__maker_table(m, name);
    uint32_t n = tare_json_count(t);
    return n == 0 ? t : tare_json_at(t, tare__mt19937_below(&m->mt, n));
}

struct tare_str tare__maker_choice(struct tare__maker *m, const char *name)
{
    return tare_json_str(choose(m, name));
}

bool tare__maker_below(struct tare__maker *m, double p)
{
    return tare__mt19937_unit(&m->mt) < p;
}

/* First pair [value, weight] whose running sum reaches the draw. */
struct tare_json tare__maker_weighted(struct tare__maker *m, struct tare_json pairs)
{
    double total = 0, sum = 0, w = 0;
    struct tare_json p = tare_json_first(pairs), last = p;
    for (; tare_json_present(p); p = tare_json_next(p)) {
        (void)tare_json_f64(tare_json_at(p, 1), &w);
        total += w;
    }
    double x = tare__mt19937_unit(&m->mt) * total;
    for (p = tare_json_first(pairs); tare_json_present(p); p = tare_json_next(p)) {
        (void)tare_json_f64(tare_json_at(p, 1), &w);
        sum += w;
        last = p;
        if (x <= sum)
            break;
    }
    return tare_json_at(last, 0);
}

struct tare_str tare__maker_trust(struct tare__maker *m, enum tare__surface s)
{
    double x = tare__mt19937_unit(&m->mt);
    if (s == EMAIL)
        return x < 0.6 ? TARE_S("corroborated") : TARE_S("untrusted");
    if (s == ALERT)
        return x < 0.7 ? TARE_S("corroborated") : TARE_S("verified");
    return x < 0.7 ? TARE_S("verified") : TARE_S("corroborated");
}

static struct tare_str attacker_domain(struct tare__maker *m)
{
    static const char *const sep[] = {"", "-", ""};
    struct tare_json words = tare__maker_table(m, "ATTACKER_WORDS");
    uint32_t n = tare_json_count(words), a = tare__mt19937_below(&m->mt, n);
    uint32_t b = tare__mt19937_below(&m->mt, n);
    if (a == b) {
        b = tare__mt19937_below(&m->mt, n - 1);
        b += b >= a;
    }
    const char *s = sep[tare__mt19937_below(&m->mt, 3)];
    bool two = tare__maker_below(m, 0.7);
    struct tare_str wa = tare_json_str(tare_json_at(words, a));
    struct tare_str wb = tare_json_str(tare_json_at(words, b));
    struct tare_str tld = tare__maker_choice(m, "ATTACKER_TLDS");
    if (two)
        return PRINT(m, "%.*s%s%.*s.%.*s", TARE_FMT(wa), s, TARE_FMT(wb), TARE_FMT(tld));
    return PRINT(m, "%.*s.%.*s", TARE_FMT(wa), TARE_FMT(tld));
}

void tare__maker_people(struct tare__maker *m)
{
    m->at['r'] = tare__maker_choice(m, "ROLES");
    m->at['d'] = tare__maker_choice(m, "DEPTS");
    for (uint32_t i = 0; i < 11; i++) {
        m->at['L'] = tare__maker_choice(m, "LEGIT_DOMAINS");
        m->at['A'] = attacker_domain(m);
        if (!tare_str_eq(m->at['A'], m->internal) && !tare_str_eq(m->at['A'], m->at['L']))
            break;
    }
    struct tare_json target = choose(m, "DATA_TARGETS");
    m->at['T'] = tare_json_str(tare_json_at(target, 0));
    m->at['t'] = tare_json_str(tare_json_at(target, 1));
}

/* ---- filling ----------------------------------------------------------------------------- */

static void fill_chunk(const struct tare__maker *m, const char *p, struct tare_buf *out)
{
    for (; *p != '\0'; p++) {
        bool raw = p[0] == '<' && p[1] == '!';
        const char *letter = p + 1 + raw;
        if (p[0] != '<' || letter[0] == '\0' || letter[1] != '>') {
            tare_buf_putc(out, *p);
            continue;
        }
        struct tare_str v = m->at[(unsigned char)letter[0] & 127];
        if (raw) {
            tare_buf_put(out, v);
        } else {
            struct tare_buf text;
            struct tare_json_writer w;
            tare_buf_init(&text, NULL, TARE_MIB);
            tare_json_writer_init(&w, &text);
            tare_json_put_str(&w, v);
            out->failed = out->failed || text.failed;
            if (text.n >= 2) /* the quotes stand in the skeleton */
                tare_buf_put(out, tare_str_n(text.p + 1, text.n - 2));
            tare_buf_free(&text);
        }
        p = letter + 1;
    }
}

void tare__maker_fill(const struct tare__maker *m, const char *const *skeleton,
                      struct tare_buf *out)
{
    for (uint32_t i = 0; skeleton[i] != NULL; i++)
        fill_chunk(m, skeleton[i], out);
}

struct tare_str tare__maker_filled(struct tare__maker *m, const char *const *skeleton)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare__maker_fill(m, skeleton, &b);
    struct tare_str s = tare_arena_copy(m->arena, tare_buf_str(&b));
    m->failed = m->failed || b.failed || s.p == NULL;
    tare_buf_free(&b);
    return s;
}

/* ---- trivial and easy -------------------------------------------------------------------- */

static void make_simple(struct tare__maker *m, bool easy, struct tare_buf *out)
{
    const char *tier = easy ? "easy" : "trivial";
    m->internal = PRINT(m, "%s%03u.local", tier, m->i);
    tare__maker_people(m);
    m->at['f'] = tare__maker_trust(m, EMAIL);
    if (easy)
        m->at['y'] = tare__maker_trust(m, LOG);
    m->at['x'] = tare__maker_trust(m, ALERT);
    m->at['@'] = m->edition == TARE_SOC_EDITION_PUBLISHED ? TARE_S("unknown") : TARE_S("verified");
    m->at['1'] = tare__maker_choice(m, "HOST_OS");
    m->at['a'] = PRINT(m, "10.%d.%u.%u", easy ? 1 : 0, m->i % 255, (easy ? 11u : 7u) * m->i % 255);
    m->at['*'] = PRINT(m, "%s-%03u", tier, m->i);
    m->at['H'] = PRINT(m, "h-%s-%03u", tier, m->i);
    m->at['U'] = PRINT(m, "u-%03u", m->i);
    m->at['Q'] = TARE_S("[]");
    struct tare_str name = m->at['T'];
    struct tare_str target = PRINT(m, "t-%s-%03u", tier, m->i);
    tare_buf_puts(out, "{\"seed\":");
    tare__maker_fill(m, easy ? tare__published_easy : tare__published_trivial, out);
    m->at['T'] = target; /* the truth's skeleton has the target's id in its place */
    tare_buf_puts(out, ",\"ground_truth\":");
    tare__maker_fill(m, tare__published_truth, out);
    tare_buf_puts(out, "}\n");
    m->at['T'] = name;
}

enum tare_status tare_soc_published(struct tare_json tables, enum tare_soc_edition edition,
                                    struct tare_arena *scratch, struct tare_buf *out,
                                    struct tare_err *err)
{
    static const char *const needed[] = {"ROLES", "LEGIT_DOMAINS", "ATTACKER_WORDS",
                                         "INJECTION_TEXTS_IN_FILE_ORDER", "TAXONOMY_PATTERNS"};
    for (uint32_t k = 0; k < 5; k++) {
        if (tare_json_count(tare_json_get(tables, needed[k])) < 2)
            return tare_fail(err, TARE_E_INPUT, "the generator tables lack the list %s", needed[k]);
    }
    struct tare__maker *m = TARE_NEW(scratch, struct tare__maker);
    if (m == NULL)
        return tare_fail(err, TARE_E_NOMEM, "no memory to make the published scenarios");
    m->tables = tables;
    m->edition = edition;
    m->arena = scratch;
    m->n_texts = tare_json_count(tare_json_get(tables, "INJECTION_TEXTS_IN_FILE_ORDER"));
    if (m->n_texts > 128)
        return tare_fail(err, TARE_E_INPUT, "the generator tables hold too many texts");
    for (uint32_t k = 0; k < m->n_texts; k++)
        m->order[k] = k;
    tare__mt19937_init(&m->mt, 42);
    tare__mt19937_shuffle(&m->mt, m->order, m->n_texts);
    for (uint32_t k = 0; k < 220; k++) {
        m->i = k < 10 ? k + 1 : (k < 20 ? k - 9 : k - 19);
        m->at['i'] = PRINT(m, "%03u", m->i);
        if (k < 20)
            make_simple(m, k >= 10, out);
        else
            tare__maker_standard(m, out);
    }
    if (m->failed || out->failed)
        return tare_fail(err, TARE_E_NOMEM, "no memory to make the published scenarios");
    return TARE_OK;
}
