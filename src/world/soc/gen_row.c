/* One row of the story: columns, texts with their places filled, and the list of who is named. */
#include "world/soc/gen_int.h"

#include "base/banned.h"

#define MAX_TEXT 4096u

struct tare__gen_row *tare__gen_row(struct tare__gen_story *s, enum tare_soc_table table,
                                    uint32_t step, enum tare_trust trust)
{
    static const char *const source[TARE_SOC_N_TABLES] = {"email", "telemetry", "telemetry",
                                                          "telemetry", "alerting"};
    if (s->n_rows == GEN_MAX_ROWS) {
        s->failed = true;
        return &s->row[GEN_MAX_ROWS - 1];
    }
    struct tare__gen_row *r = &s->row[s->n_rows++];
    *r = (struct tare__gen_row){.table = table,
                                .step = step,
                                .trust = trust,
                                .source = source[table],
                                .incident = GEN_NO,
                                .payload = GEN_NO};
    return r;
}

static struct tare__gen_cell *new_cell(struct tare__gen_story *s, struct tare__gen_row *r,
                                       const char *column)
{
    if (r->n_cells == GEN_MAX_CELLS) {
        s->failed = true;
        return &r->cell[GEN_MAX_CELLS - 1];
    }
    struct tare__gen_cell *c = &r->cell[r->n_cells++];
    *c = (struct tare__gen_cell){.column = column};
    return c;
}

void tare__gen_put(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                   struct tare_str text)
{
    s->failed = s->failed || text.p == NULL;
    new_cell(s, r, column)->text = text;
}

void tare__gen_put_number(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                          int64_t x)
{
    struct tare__gen_cell *c = new_cell(s, r, column);
    c->number = x;
    c->is_number = true;
}

/* Ids are given after shuffling: neither an id nor a place tells when a row was made. */
void tare__gen_shuffle_rows(struct tare__gen_story *s)
{
    static const char *const prefix[TARE_SOC_N_TABLES] = {"em", "au", "fl", "pr", "al"};
    for (uint32_t i = s->n_rows; i > 1; i--) {
        uint32_t j = tare_rng_below(&s->rng, i);
        struct tare__gen_row keep = s->row[i - 1];
        s->row[i - 1] = s->row[j];
        s->row[j] = keep;
    }
    for (uint32_t i = 0; i < s->n_rows && !s->failed; i++) {
        struct tare__gen_row *r = &s->row[i];
        bool taken = true;
        while (taken && !s->failed) {
            r->id = tare_arena_printf(s->arena, "%s-%06x", prefix[r->table],
                                      tare_rng_below(&s->rng, 1u << 24));
            s->failed = r->id.p == NULL;
            taken = false;
            for (uint32_t k = 0; k < i; k++)
                taken = taken || tare_str_eq(s->row[k].id, r->id);
        }
    }
}

static void name(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                 enum tare__gen_kind kind, uint32_t e, bool implicates)
{
    for (uint32_t i = 0; i < r->n_names; i++) {
        struct tare__gen_name *n = &r->name[i];
        if (n->column == column && n->kind == kind && n->e == e) {
            n->implicates = n->implicates || implicates;
            return;
        }
    }
    if (r->n_names == GEN_MAX_NAMES) {
        s->failed = true;
        return;
    }
    r->name[r->n_names++] = (struct tare__gen_name){column, kind, e, implicates};
}

void tare__gen_put_entity(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                          enum tare__gen_kind kind, uint32_t e, bool implicates)
{
    tare__gen_put(s, r, column, s->cast.id[kind][e]);
    name(s, r, column, kind, e, implicates);
}

/* The kind of entity a place stands for; GEN_KINDS for other places. */
static enum tare__gen_kind kind_of(char place)
{
    switch (place) {
    case 'U':
    case 'V':
    case 'W':
        return GEN_USER;
    case 'H':
    case 'P':
    case 'Q':
        return GEN_HOST;
    case 'D':
    case 'L':
        return GEN_DOMAIN;
    case 'T':
    case 'S':
        return GEN_TARGET;
    case 'K':
    case 'X':
        return GEN_VECTOR;
    default:
        return GEN_KINDS;
    }
}

static bool is_own(char place)
{
    return place == 'H' || place == 'U' || place == 'D' || place == 'T' || place == 'K';
}

static bool fits(const char *pattern, const struct tare__gen_fill *fill)
{
    for (const char *p = strchr(pattern, '{'); p != NULL; p = strchr(p + 1, '{')) {
        if (is_own(p[1]) && fill->incident == NULL)
            return false;
        if ((p[1] == 'A' && fill->a.p == NULL) || (p[1] == 'B' && fill->b.p == NULL))
            return false;
    }
    return true;
}

/* Entities drawn for the bystanders' places of one text, so that a letter means one entity. */
struct places {
    uint32_t e[26];
};

static uint32_t place_entity(struct tare__gen_story *s, char place,
                             const struct tare__gen_fill *fill, struct places *drawn)
{
    enum tare__gen_kind kind = kind_of(place);
    if (is_own(place))
        return fill->incident->e[kind];
    uint32_t *e = &drawn->e[place - 'A'];
    if (*e == GEN_NO) {
        uint32_t other = GEN_NO;
        if (place == 'Q')
            other = drawn->e['P' - 'A'];
        else if (place == 'W')
            other = drawn->e['V' - 'A'];
        *e = fill->anyone ? tare__gen_anyone(s, kind) : tare__gen_bystander(s, kind, other);
    }
    return *e;
}

static void put_place(struct tare__gen_story *s, struct tare_buf *b, char place,
                      struct tare__gen_row *r, const char *column,
                      const struct tare__gen_fill *fill, struct places *drawn)
{
    enum tare__gen_kind kind = kind_of(place);
    if (kind != GEN_KINDS) {
        uint32_t e = place_entity(s, place, fill, drawn);
        tare_buf_put(b, s->cast.id[kind][e]);
        name(s, r, column, kind, e, is_own(place) && fill->implicates);
    } else if (place == 'A') {
        tare_buf_put(b, fill->a);
    } else if (place == 'B') {
        tare_buf_put(b, fill->b);
    } else if (place == 'N') {
        tare_buf_printf(b, "%u", tare__gen_range(s, 12, 9870));
    } else if (place == 'I') {
        /* documentation addresses of RFC 5737 */
        static const char *const net[] = {"192.0.2", "198.51.100", "203.0.113"};
        const char *n = net[tare_rng_below(&s->rng, 3)];
        tare_buf_printf(b, "%s.%u", n, tare__gen_range(s, 1, 254));
    }
}

static void put_pattern(struct tare__gen_story *s, struct tare_buf *b, const char *pattern,
                        struct tare__gen_row *r, const char *column,
                        const struct tare__gen_fill *fill, struct places *drawn)
{
    for (const char *p = pattern; *p != '\0'; p++) {
        if (p[0] == '{' && p[1] >= 'A' && p[1] <= 'Z' && p[2] == '}') {
            put_place(s, b, p[1], r, column, fill, drawn);
            p += 2;
        } else {
            tare_buf_putc(b, *p);
        }
    }
}

static const char *draw_fitting(struct tare__gen_story *s, enum tare__gen_set set,
                                const struct tare__gen_fill *fill)
{
    for (;;) {
        const char *pattern = tare__gen_pick(s, set);
        if (fits(pattern, fill))
            return pattern;
    }
}

void tare__gen_put_text(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                        enum tare__gen_set set, enum tare__gen_set tail,
                        const struct tare__gen_fill *fill)
{
    struct places drawn;
    memset(&drawn, 0xff, sizeof drawn); /* GEN_NO */
    struct tare_buf b;
    tare_buf_init(&b, NULL, MAX_TEXT);
    put_pattern(s, &b, draw_fitting(s, set, fill), r, column, fill, &drawn);
    if (tail != TARE__GEN_SETS) {
        struct tare__gen_fill exact = *fill;
        bool stop = b.n > 0 && b.p[b.n - 1] == '.';
        exact.anyone = false; /* a vector that is nobody's */
        b.n -= stop;
        put_pattern(s, &b, draw_fitting(s, tail, &exact), r, column, &exact, &drawn);
        if (stop)
            tare_buf_putc(&b, '.');
    }
    s->failed = s->failed || b.failed;
    tare__gen_put(s, r, column, tare_arena_copy(s->arena, tare_buf_str(&b)));
    tare_buf_free(&b);
}

void tare__gen_put_told(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                        struct tare_str text, enum tare__gen_kind kind, uint32_t e)
{
    tare__gen_put(s, r, column, text);
    if (kind != GEN_KINDS)
        name(s, r, column, kind, e, false);
}

struct tare_str tare__gen_phrase(struct tare__gen_story *s, const char *pattern, struct tare_str a,
                                 struct tare_str b)
{
    const struct tare__gen_fill fill = {.a = a, .b = b};
    struct places drawn;
    memset(&drawn, 0xff, sizeof drawn);
    struct tare__gen_row nobody = {.n_cells = 0};
    struct tare_buf out;
    tare_buf_init(&out, NULL, MAX_TEXT);
    put_pattern(s, &out, pattern, &nobody, "", &fill, &drawn);
    s->failed = s->failed || out.failed;
    struct tare_str text = tare_arena_copy(s->arena, tare_buf_str(&out));
    tare_buf_free(&out);
    return text;
}
