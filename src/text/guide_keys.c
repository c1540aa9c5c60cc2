#include "text/guide_keys.h"

#include <string.h>

#include "base/limits.h"

#include "base/banned.h"

enum mode { BETWEEN, BEFORE_KEY, STRING, STRING_SLASH, KEY, KEY_SLASH, DONE };
enum kind { OBJECT, LIST, ARRAY, ONE_KEY };

/* Entries are never changed, only forgotten: each points to older ones. */
struct tare__key_entry {
    uint32_t older; /* entry before it, of whatever object */
    uint32_t outer; /* OBJECT, LIST, ARRAY: the one it stands in; ONE_KEY: how many keys stand
                       before it */
    uint32_t from, n;
    uint32_t kind;
};

void tare__keys_open(struct tare__keys *k, uint32_t skip, const struct tare_alc *alc)
{
    *k = (struct tare__keys){.at = {.n = 1, .skip = skip}, .alc = alc};
}

void tare__keys_close(struct tare__keys *k)
{
    if (k->entries)
        k->alc->put(k->alc->ctx, k->entries, k->cap * sizeof *k->entries);
    if (k->text)
        k->alc->put(k->alc->ctx, k->text, k->cap_text);
    *k = (struct tare__keys){0};
}

bool tare__keys_copy(const struct tare__keys *k, struct tare__keys *to)
{
    tare__keys_open(to, 0, k->alc);
    if (k->entries) {
        to->entries = k->alc->get(k->alc->ctx, k->cap * sizeof *k->entries);
        if (!to->entries)
            return false;
        to->cap = k->cap;
        memcpy(to->entries, k->entries, k->at.n * sizeof *k->entries);
    }
    if (k->text) {
        to->text = k->alc->get(k->alc->ctx, k->cap_text);
        if (!to->text)
            return false;
        to->cap_text = k->cap_text;
        memcpy(to->text, k->text, k->at.n_text);
    }
    to->at = k->at;
    return true;
}

/* Room for one more of n elements; doubles. */
static bool room(const struct tare_alc *alc, void **p, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    if (*cap > UINT32_MAX / 2)
        return false;
    uint32_t more = *cap ? *cap * 2 : 64;
    void *q = alc->get(alc->ctx, more * size);
    if (!q)
        return false;
    if (*p) {
        memcpy(q, *p, n * size);
        alc->put(alc->ctx, *p, *cap * size);
    }
    *p = q;
    *cap = more;
    return true;
}

static bool put_char(struct tare__keys *k, char c)
{
    if (!room(k->alc, (void **)&k->text, k->at.n_text, &k->cap_text, 1))
        return false;
    k->text[k->at.n_text++] = c;
    return true;
}

static bool push(struct tare__keys *k, struct tare__key_entry e)
{
    if (!room(k->alc, (void **)&k->entries, k->at.n, &k->cap, sizeof *k->entries))
        return false;
    k->entries[k->at.n] = e;
    k->at.head = k->at.n++;
    return true;
}

static uint32_t keys_before(const struct tare__keys *k)
{
    for (uint32_t i = k->at.head; i; i = k->entries[i].older)
        if (k->entries[i].kind == ONE_KEY)
            return k->entries[i].outer + 1;
    return 0;
}

/* Whether the object has the key under way; part: or one that begins with it. */
static bool has_key(const struct tare__keys *k, bool part)
{
    uint32_t n = k->at.n_text - k->at.from;
    for (uint32_t i = k->at.head; i != k->at.top; i = k->entries[i].older) {
        const struct tare__key_entry *e = &k->entries[i];
        if ((part ? e->n >= n : e->n == n) &&
            (n == 0 || memcmp(k->text + e->from, k->text + k->at.from, n) == 0))
            return true;
    }
    return false;
}

/* What was taken for a list of texts is an array. */
static bool no_list(struct tare__keys *k)
{
    struct tare__key_entry e = k->entries[k->at.top];
    e.kind = ARRAY;
    if (!push(k, e))
        return false;
    k->at.top = k->at.head;
    return true;
}

static enum tare__keys_answer end_key(struct tare__keys *k, struct tare__lists *lists, size_t at)
{
    struct tare__key_entry e = {
        .older = k->at.head, .from = k->at.from, .n = k->at.n_text - k->at.from, .kind = ONE_KEY};
    if (has_key(k, false)) {
        if (k->entries[k->at.top].kind != LIST || !tare__list_ends(lists, at))
            return lists->failed ? TARE__KEYS_NO_MEMORY : TARE__KEYS_TWICE;
        k->at.mode = BETWEEN;
        return no_list(k) ? TARE__KEYS_OK : TARE__KEYS_NO_MEMORY;
    }
    e.outer = keys_before(k);
    k->at.mode = BETWEEN;
    return push(k, e) ? TARE__KEYS_OK : TARE__KEYS_NO_MEMORY;
}

static bool open_one(struct tare__keys *k, enum kind kind)
{
    if (!push(k, (struct tare__key_entry){
                     .older = k->at.head, .outer = k->at.top, .from = k->at.n_text, .kind = kind}))
        return false;
    k->at.top = k->at.head;
    k->at.mode = kind == ARRAY ? BETWEEN : BEFORE_KEY;
    return true;
}

static void close_one(struct tare__keys *k)
{
    const struct tare__key_entry *e = &k->entries[k->at.top];
    if (!k->at.top)
        return;
    k->at.head = e->older;
    k->at.top = e->outer;
    k->at.mode = k->at.top ? BETWEEN : DONE;
}

static enum tare__keys_answer between(struct tare__keys *k, char c, struct tare__lists *lists,
                                      size_t at)
{
    bool ok = true;
    if ((c == '{' || c == '[') && k->at.mode == BEFORE_KEY)
        ok = no_list(k); /* of texts alone */
    if (ok && c == '{')
        ok = open_one(k, OBJECT);
    else if (ok && c == '[')
        ok = open_one(k, tare__list_begins(lists, at) ? LIST : ARRAY);
    else if (c == '}' || c == ']')
        close_one(k);
    else if (c == ',' && k->at.top && k->entries[k->at.top].kind <= LIST)
        k->at.mode = BEFORE_KEY;
    else if (c == '"' && k->at.mode == BEFORE_KEY) {
        k->at.mode = KEY;
        k->at.from = k->at.n_text;
    } else if (c == '"')
        k->at.mode = STRING;
    return ok ? TARE__KEYS_OK : TARE__KEYS_NO_MEMORY;
}

static enum tare__keys_answer read_byte(struct tare__keys *k, char c, struct tare__lists *lists,
                                        size_t at)
{
    switch ((enum mode)k->at.mode) {
    case BETWEEN:
    case BEFORE_KEY:
        return between(k, c, lists, at);
    case STRING:
        k->at.mode = c == '"' ? BETWEEN : c == '\\' ? STRING_SLASH : STRING;
        return TARE__KEYS_OK;
    case STRING_SLASH:
        k->at.mode = STRING;
        return TARE__KEYS_OK;
    case KEY:
        if (c == '"')
            return end_key(k, lists, at);
        k->at.mode = c == '\\' ? KEY_SLASH : KEY;
        return put_char(k, c) ? TARE__KEYS_OK : TARE__KEYS_NO_MEMORY;
    case KEY_SLASH:
        k->at.mode = KEY;
        return put_char(k, c) ? TARE__KEYS_OK : TARE__KEYS_NO_MEMORY;
    case DONE: /* perhaps another call of a list */
        return c == '{' ? between(k, c, lists, at) : TARE__KEYS_OK;
    }
    return TARE__KEYS_OK;
}

enum tare__keys_answer tare__keys_read(struct tare__keys *k, struct tare_str bytes,
                                       struct tare__lists *lists)
{
    struct tare__keys_at begin = k->at;
    for (size_t i = 0; i < bytes.n; i++) {
        enum tare__keys_answer a = TARE__KEYS_OK;
        if (k->at.skip == UINT32_MAX && bytes.p[i] == '{')
            k->at.skip = 0;
        if (k->at.skip)
            k->at.skip -= k->at.skip != UINT32_MAX;
        else
            a = read_byte(k, bytes.p[i], lists, i);
        if (lists->failed)
            a = TARE__KEYS_NO_MEMORY;
        if (a != TARE__KEYS_OK) {
            k->at = begin;
            return a;
        }
    }
    return TARE__KEYS_OK;
}

enum tare__keys_answer tare__keys_try(struct tare__keys *k, struct tare_str bytes,
                                      struct tare__lists *lists)
{
    struct tare__keys_at begin = k->at;
    enum tare__keys_answer a = tare__keys_read(k, bytes, lists);
    k->at = begin;
    return a;
}

uint32_t tare__keys_quotes(const struct tare__keys *k)
{
    uint32_t more = keys_before(k) ? 0 : 2; /* without one the token must write both */
    switch ((enum mode)k->at.mode) {
    case KEY:
    case KEY_SLASH:
        return has_key(k, true) ? 1 : 3;
    case STRING:
    case STRING_SLASH:
        return 3 + more;
    case DONE:
        return 4;
    case BETWEEN:
    case BEFORE_KEY:
        break;
    }
    return 2 + more;
}

bool tare__keys_in_key(const struct tare__keys *k)
{
    return k->at.mode == KEY;
}

bool tare__keys_in_value(const struct tare__keys *k)
{
    return k->at.mode == STRING;
}

/* ---- looking at the list ------------------------------------------------------------------- */

static uint32_t object_from(const struct tare__keys *k, uint32_t i)
{
    while (i && k->entries[i].kind > LIST)
        i = k->entries[i].outer;
    return i;
}

uint32_t tare__keys_top(const struct tare__keys *k)
{
    return object_from(k, k->at.top);
}

uint32_t tare__keys_outer(const struct tare__keys *k, uint32_t object)
{
    return object_from(k, k->entries[object].outer);
}

/* Keys of objects further out stand before the next open entry, further in behind one. */
uint32_t tare__keys_of(const struct tare__keys *k, uint32_t object)
{
    uint32_t i = k->at.head, inner = k->at.top;
    while (inner && inner != object) {
        i = k->entries[inner].older;
        inner = k->entries[inner].outer;
    }
    return i != object && k->entries[i].kind == ONE_KEY ? i : 0;
}

uint32_t tare__keys_next(const struct tare__keys *k, uint32_t key)
{
    uint32_t i = k->entries[key].older;
    return k->entries[i].kind == ONE_KEY ? i : 0;
}

struct tare_str tare__keys_text(const struct tare__keys *k, uint32_t key)
{
    const uint32_t n = k->entries[key].n;
    return n ? tare_str_n(k->text + k->entries[key].from, n) : tare_str_n("", 0);
}

bool tare__keys_begin_so(const struct tare__keys *k, struct tare_str more)
{
    struct tare_str begun = tare__keys_begun(k);
    for (uint32_t i = k->at.head; i != k->at.top; i = k->entries[i].older) {
        struct tare_str key = tare__keys_text(k, i);
        if (key.n >= begun.n + more.n && (!begun.n || memcmp(key.p, begun.p, begun.n) == 0) &&
            memcmp(key.p + begun.n, more.p, more.n) == 0)
            return true;
    }
    return false;
}

struct tare_str tare__keys_begun(const struct tare__keys *k)
{
    bool key = k->at.mode == KEY || k->at.mode == KEY_SLASH;
    return key && k->at.n_text > k->at.from
               ? tare_str_n(k->text + k->at.from, k->at.n_text - k->at.from)
               : tare_str_n("", 0);
}
