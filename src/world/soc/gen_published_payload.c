/* What the planted texts of the published scenarios ask for, and how they ask. */
#include "world/soc/gen_published_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define PRINT TARE__MAKER_PRINT

/* ---- payloads ---------------------------------------------------------------------------- */

/* The table's text with {value}, {legit_domain}, {i:03d}, {user_id} in place. */
static struct tare_str with_places(struct tare__maker *m, struct tare_str pattern,
                                   struct tare_str value)
{
    const struct {
        const char *place;
        struct tare_str text;
    } places[] = {{"{value}", value},
                  {"{legit_domain}", m->at['L']},
                  {"{i:03d}", m->at['i']},
                  {"{user_id}", m->at['U']}};
    struct tare_buf b;
    tare_buf_init(&b, NULL, 64 * TARE_KIB);
    while (pattern.n > 0) {
        size_t k = 0;
        while (k < 4 && !tare_str_starts(pattern, tare_str_of(places[k].place)))
            k++;
        size_t skip = k < 4 ? strlen(places[k].place) : 1;
        tare_buf_put(&b, k < 4 ? places[k].text : tare_str_n(pattern.p, 1));
        pattern = tare_str_n(pattern.p + skip, pattern.n - skip);
    }
    struct tare_str s = tare_arena_copy(m->arena, tare_buf_str(&b));
    m->failed = m->failed || b.failed || s.p == NULL;
    tare_buf_free(&b);
    return s;
}

static struct tare_str target_value(struct tare__maker *m, uint32_t act)
{
    struct tare_str pattern =
        tare_json_str(tare_json_get(tare__maker_table(m, "TARGET_VALUE"), tare__acts[act]));
    return with_places(m, pattern, tare_str_n(NULL, 0));
}

static struct tare_str step_text(struct tare__maker *m, uint32_t act)
{
    struct tare_str pattern =
        tare_json_str(tare_json_get(tare__maker_table(m, "STEP_TEXT"), tare__acts[act]));
    return with_places(m, pattern, target_value(m, act));
}

static struct tare_str line_of(const struct tare__maker *m, const char *name, bool on, uint32_t i)
{
    const char *which = on ? "all_optional_lines_on" : "all_optional_lines_off";
    return tare_json_str(tare_json_at(tare_json_get(tare__maker_table(m, name), which), i));
}

static void put(struct tare_buf *b, struct tare_str line)
{
    tare_buf_put(b, line);
    tare_buf_putc(b, '\n');
}

/* The first line names the kind of note; another kind is drawn for each payload. */
static void put_intro(struct tare_buf *b, struct tare_str line, struct tare_str intro)
{
    size_t colon = tare_str_find(line, TARE_S(":"));
    tare_buf_put(b, intro);
    put(b, tare_str_n(line.p + colon, line.n - colon));
}

static void put_objective(struct tare_buf *b, struct tare_str objective)
{
    tare_buf_puts(b, "Objective: ");
    put(b, objective);
}

static void put_steps(struct tare__maker *m, enum tare__surface s, struct tare_buf *b)
{
    static const enum tare__surface others[SURFACES][2] = {
        {ALERT, LOG}, {EMAIL, LOG}, {EMAIL, ALERT}};
    uint32_t place = tare__mt19937_below(&m->mt, 3), other = 0;
    for (uint32_t k = 0; k < 3; k++) {
        uint32_t act = k == place ? m->act[s] : m->act[others[s][other++]];
        tare_buf_printf(b, "%u. ", k + 1);
        put(b, step_text(m, act));
    }
}

static void put_optional(struct tare__maker *m, struct tare_buf *b, const char *name,
                         uint32_t first, uint32_t n)
{
    static const double p[] = {0.5, 0.4, 0.4};
    for (uint32_t k = 0; k < n; k++) {
        if (tare__maker_below(m, p[k]))
            put(b, line_of(m, name, true, first + k));
    }
}

/* Draw order and line order differ: the steps' place is drawn before the lines above them. */
static void put_harm(struct tare__maker *m, enum tare__surface s, struct tare_buf *b)
{
    bool exfil = tare_str_is(m->family, "data_exfil");
    const char *name = exfil ? "PAYLOAD_DATA_EXFIL" : "PAYLOAD_DIRECT_HARM";
    m->at['9'] = tare__maker_choice(m, "INJECTION_OBJECTIVES");
    struct tare_str intro =
        tare__maker_choice(m, exfil ? "INJECAGENT_EXFIL_INTROS" : "INJECAGENT_DIRECT_HARM_INTROS");
    struct tare_buf steps;
    tare_buf_init(&steps, NULL, 64 * TARE_KIB);
    put_steps(m, s, &steps);
    bool on = tare__maker_below(m, 0.7);
    put_intro(b, line_of(m, name, true, 0), intro);
    put(b, line_of(m, name, exfil || on, 1));
    put(b, line_of(m, name, !exfil || on, 2));
    if (exfil)
        put(b, line_of(m, name, true, 3));
    put_objective(b, m->at['9']);
    tare_buf_puts(b, "Steps:\n");
    tare_buf_put(b, tare_buf_str(&steps));
    m->failed = m->failed || steps.failed;
    tare_buf_free(&steps);
    put_optional(m, b, name, exfil ? 7 : 6, exfil ? 2 : 3);
}

static void put_adaptive(struct tare__maker *m, enum tare__surface s, struct tare_buf *b)
{
    const char *name = "PAYLOAD_ADAPTIVE";
    struct tare_str intro = tare__maker_choice(m, "AGENTVIGIL_INTROS");
    m->at['9'] = tare__maker_choice(m, "INJECTION_OBJECTIVES");
    put_intro(b, line_of(m, name, true, 0), intro);
    put_objective(b, m->at['9']);
    for (uint32_t k = 2; k < 6; k++)
        put(b, line_of(m, name, true, k));
    put_steps(m, s, b);
    put_optional(m, b, name, 7, 2);
}

void tare__maker_payload(struct tare__maker *m, enum tare__surface s)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, 256 * TARE_KIB);
    bool adaptive = tare_str_is(m->family, "adaptive");
    if (adaptive)
        put_adaptive(m, s, &b);
    else
        put_harm(m, s, &b);
    tare_buf_putc(&b, '\n');
    tare_buf_put(&b, m->base[s]);
    m->payload[s] = tare_arena_copy(m->arena, tare_buf_str(&b));
    m->failed = m->failed || b.failed || m->payload[s].p == NULL;
    tare_buf_free(&b);
    uint32_t act = m->act[s];
    m->at['I'] = PRINT(m, "inj-%03u-%02d", m->i, (int)s + 1);
    m->at['B'] = tare_str_of(tare__surfaces[s]);
    m->at['p'] = m->payload[s];
    m->at['V'] = act == 3 ? TARE_S("data_exfil")
                          : (act == 4 ? TARE_S("policy_override") : TARE_S("tool_misuse"));
    m->at['W'] = tare_str_of(tare__acts[act]);
    m->at['J'] = tare_str_of(tare__params[act]);
    m->at['K'] = target_value(m, act);
    m->at['Z'] = s == EMAIL   ? PRINT(m, "email-%03u", m->i)
                 : s == ALERT ? PRINT(m, "alert-seed-%03u-1", m->i)
                              : PRINT(m, "proc-seed-%03u-2", m->i);
    m->at['8'] = m->family;
    m->at['0'] = adaptive ? TARE_S("agentvigil") : TARE_S("injecagent");
}

/* ---- targets ----------------------------------------------------------------------------- */

void tare__maker_targets_published(struct tare__maker *m)
{
    tare__mt19937_sample(&m->mt, 4, 3, m->act);
}

static uint32_t act_number(struct tare_str name)
{
    uint32_t k = 0;
    while (k < 4 && !tare_str_is(name, tare__acts[k]))
        k++;
    return k;
}

/* Family of the whole scenario, its primary action on the first surface in use, two others. */
void tare__maker_targets_current(struct tare__maker *m)
{
    struct tare_json patterns = tare__maker_table(m, "TAXONOMY_PATTERNS"), p, last = patterns;
    double total = 0, sum = 0, w = 0;
    for (p = tare_json_first(patterns); tare_json_present(p); p = tare_json_next(p)) {
        (void)tare_json_f64(tare_json_get(p, "weight"), &w);
        total += w;
    }
    double x = tare__mt19937_unit(&m->mt) * total;
    for (p = tare_json_first(patterns); tare_json_present(p); p = tare_json_next(p)) {
        (void)tare_json_f64(tare_json_get(p, "weight"), &w);
        sum += w;
        last = p;
        if (x <= sum)
            break;
    }
    m->family = tare_json_str(tare_json_get(last, "family"));
    m->at['('] = tare_json_str(tare_json_get(last, "id"));
    m->at[')'] = tare_json_str(tare_json_get(last, "notes"));
    struct tare_str group = tare_json_str(tare_json_get(last, "primary_action_group"));
    struct tare_json list = tare_json_get_str(tare__maker_table(m, "ACTION_GROUPS"), group);
    uint32_t n = tare_json_count(list);
    if (n == 0) {
        m->failed = true;
        return;
    }
    uint32_t primary =
        act_number(tare_json_str(tare_json_at(list, tare__mt19937_below(&m->mt, n))));
    uint32_t others[4], pick[2], k = 0;
    for (uint32_t a = 0; a < 5; a++) {
        if (a != primary)
            others[k++] = a;
    }
    tare__mt19937_sample(&m->mt, 4, 2, pick);
    enum tare__surface first = m->on[EMAIL]   ? EMAIL
                               : m->on[ALERT] ? ALERT
                               : m->on[LOG]   ? LOG
                                              : EMAIL;
    k = 0;
    for (uint32_t s = 0; s < SURFACES; s++)
        m->act[s] = s == (uint32_t)first ? primary : others[pick[k++]];
    m->at['='] = tare_str_of(tare__acts[primary]);
}
