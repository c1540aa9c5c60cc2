#include "text/json_feed.h"

#include "base/limits.h"

#include "base/banned.h"

enum state { BEFORE, WORD, IN_STRING, IN_ESCAPE, IN_BOX, AFTER };

static size_t most(const struct tare_json_feed *f)
{
    return f->policy->max_bytes ? f->policy->max_bytes : TARE_MAX_JSON_BYTES;
}

void tare_json_feed_begin(struct tare_json_feed *f, const struct tare_json_policy *policy,
                          const struct tare_alc *alc)
{
    *f = (struct tare_json_feed){.policy = policy ? policy : &tare_json_strict};
    tare_buf_init(&f->text, alc, most(f));
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* A bracket or the first byte of something else, outside strings. */
static uint8_t outside(struct tare_json_feed *f, char c)
{
    if (c == '"')
        return IN_STRING;
    if (c == '{' || c == '[') {
        f->depth++;
        return IN_BOX;
    }
    if (f->depth == 0)
        return is_one_of(c, " \t\r\n") ? BEFORE : is_one_of(c, "}],:") ? AFTER : WORD;
    f->depth -= c == '}' || c == ']';
    return f->depth ? IN_BOX : AFTER;
}

/* The state behind a byte. */
static uint8_t step(struct tare_json_feed *f, char c)
{
    switch (f->state) {
    case IN_ESCAPE:
        return IN_STRING;
    case IN_STRING:
        if (c == '\\')
            return IN_ESCAPE;
        return c != '"' ? IN_STRING : f->depth ? IN_BOX : AFTER;
    case WORD:
        return WORD;
    default:
        return outside(f, c);
    }
}

/* Byte `at` of a byte order mark, which a policy may allow. */
static bool is_mark(size_t at, char c)
{
    static const char mark[] = "\xef\xbb\xbf";
    return at < 3 && c == mark[at];
}

enum tare_json_fed tare_json_feed_put(struct tare_json_feed *f, struct tare_str piece, size_t *used)
{
    size_t i = 0;
    for (; i < piece.n && f->state != AFTER; i++) {
        char c = piece.p[i];
        if (f->state == WORD && is_one_of(c, " \t\r\n,:[]{}\"")) {
            f->state = AFTER; /* what ends a word is no part of it */
            break;
        }
        if (f->state != BEFORE || !is_mark(f->n_bytes + i, c))
            f->state = step(f, c);
    }
    *used = i;
    f->n_bytes += i;
    if (f->n_bytes <= most(f))
        tare_buf_put(&f->text, tare_str_n(piece.p, i));
    return f->state == AFTER || f->n_bytes > most(f) ? TARE_JSON_COMPLETE : TARE_JSON_NEED_MORE;
}

enum tare_status tare_json_feed_end(struct tare_json_feed *f, struct tare_arena *arena,
                                    struct tare_json *root, struct tare_err *err)
{
    struct tare_str all = {0};
    enum tare_status st;
    if (f->n_bytes > most(f)) {
        st = tare_fail_at(err, TARE_E_LIMIT, 0, "a JSON document of more than %zu bytes", most(f));
        tare_err_fault(err, "J_SIZE", TARE_S(""));
    } else {
        if (!f->text.failed)
            all = f->text.n ? tare_arena_copy(arena, tare_buf_str(&f->text)) : TARE_S("");
        st = all.p ? tare_json_parse(all, f->policy, arena, root, err)
                   : tare_fail(err, TARE_E_NOMEM, "no memory for JSON in pieces");
    }
    tare_buf_free(&f->text);
    return st;
}
