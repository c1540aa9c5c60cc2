/* Tables and the lines of the file. */
#include "text/toml_int.h"

#include "base/banned.h"

enum tare_status tare__toml_fail(struct tare__toml *p, const char *what)
{
    if (p->path.n)
        tare_err_file(p->err, p->path);
    enum tare_status st = tare_fail_at(p->err, TARE_E_INPUT, p->at, "%s", what);
    tare_err_locate(p->err, p->text);
    return st;
}

char tare__toml_peek(const struct tare__toml *p, size_t ahead)
{
    return p->text.n - p->at > ahead ? p->text.p[p->at + ahead] : 0;
}

void tare__toml_blank(struct tare__toml *p)
{
    while (tare__toml_peek(p, 0) == ' ' || tare__toml_peek(p, 0) == '\t')
        p->at++;
}

enum tare_status tare__toml_comment(struct tare__toml *p)
{
    tare__toml_blank(p);
    if (tare__toml_peek(p, 0) != '#')
        return TARE_OK;
    for (; p->at < p->text.n && p->text.p[p->at] != '\n'; p->at++) {
        unsigned char c = (unsigned char)p->text.p[p->at];
        bool end = c == '\r' && tare__toml_peek(p, 1) == '\n';
        if ((c < 0x20 && c != '\t' && !end) || c == 0x7f)
            return tare__toml_fail(p, "a control character in a comment");
    }
    return TARE_OK;
}

static bool line_end(struct tare__toml *p)
{
    size_t n = tare__toml_peek(p, 0) == '\n'                                    ? 1
               : tare__toml_peek(p, 0) == '\r' && tare__toml_peek(p, 1) == '\n' ? 2
                                                                                : 0;
    p->at += n;
    return n > 0;
}

enum tare_status tare__toml_space(struct tare__toml *p)
{
    enum tare_status st;
    do
        st = tare__toml_comment(p);
    while (st == TARE_OK && line_end(p));
    return st;
}

struct tare__toml_node *tare__toml_new(struct tare__toml *p, enum tare__toml_kind kind,
                                       struct tare_str key)
{
    struct tare__toml_node *n = TARE_NEW(p->arena, struct tare__toml_node);
    if (!n || ++p->keys > TARE_MAX_TOML_KEYS) {
        (void)tare_fail(p->err, n ? TARE_E_LIMIT : TARE_E_NOMEM, "more than %u keys and values",
                        TARE_MAX_TOML_KEYS);
        return NULL;
    }
    n->kind = kind;
    n->key = key;
    return n;
}

void tare__toml_add(struct tare__toml_node *to, struct tare__toml_node *n)
{
    *(to->last ? &to->last->next : &to->first) = n;
    to->last = n;
}

struct tare__toml_node *tare__toml_find(const struct tare__toml_node *in, struct tare_str key)
{
    for (struct tare__toml_node *n = in->first; n; n = n->next)
        if (tare_str_eq(n->key, key))
            return n;
    return NULL;
}

/* The table `key` of `in`, made where it is not; the last one of a list of tables. */
static enum tare_status descend(struct tare__toml *p, struct tare__toml_node *in,
                                struct tare_str key, struct tare__toml_node **out)
{
    struct tare__toml_node *n = tare__toml_find(in, key);
    if (n && n->kind == TOML_TABLES)
        n = n->last;
    if (n && (n->kind != TOML_TABLE || n->closed))
        return tare__toml_fail(p, "this key has a value already");
    if (!n) {
        n = tare__toml_new(p, TOML_TABLE, key);
        if (!n)
            return p->err->code;
        tare__toml_add(in, n);
    }
    *out = n;
    return TARE_OK;
}

/* [[a.b]]: one more table of the list `key` of `in`. */
static enum tare_status one_more(struct tare__toml *p, struct tare__toml_node *in,
                                 struct tare_str key, struct tare__toml_node **out)
{
    struct tare__toml_node *list = tare__toml_find(in, key);
    if (list && list->kind != TOML_TABLES)
        return tare__toml_fail(p, "this key is no list of tables");
    if (!list) {
        list = tare__toml_new(p, TOML_TABLES, key);
        if (!list)
            return p->err->code;
        tare__toml_add(in, list);
    }
    struct tare__toml_node *n = tare__toml_new(p, TOML_TABLE, (struct tare_str){NULL, 0});
    if (!n)
        return p->err->code;
    tare__toml_add(list, n);
    *out = n;
    return TARE_OK;
}

/* [a.b] or [[a.b]]. */
static enum tare_status header(struct tare__toml *p, struct tare__toml_node *root,
                               struct tare__toml_node **out)
{
    bool list = tare__toml_peek(p, 1) == '[';
    struct tare__toml_node *at = root;
    uint32_t depth = 0;
    p->at += list ? 2 : 1;
    for (;;) {
        struct tare_str key;
        tare__toml_blank(p);
        enum tare_status st = tare__toml_key(p, &key);
        tare__toml_blank(p);
        bool last = tare__toml_peek(p, 0) != '.';
        if (st == TARE_OK && ++depth > TARE_MAX_YAML_DEPTH)
            st = tare_fail(p->err, TARE_E_LIMIT, "tables deeper than %u", TARE_MAX_YAML_DEPTH);
        if (st == TARE_OK)
            st = last && list ? one_more(p, at, key, &at) : descend(p, at, key, &at);
        if (st != TARE_OK)
            return st;
        if (last)
            break;
        p->at++;
    }
    if (!list && at->defined)
        return tare__toml_fail(p, "this table stands here for the second time");
    at->defined = true;
    for (int i = 0; i < (list ? 2 : 1); i++)
        if (p->text.n - p->at == 0 || p->text.p[p->at++] != ']')
            return tare__toml_fail(p, "the head of a table ends with ']'");
    *out = at;
    return TARE_OK;
}

/* False: deeper than `room`. */
static bool put(const struct tare__toml_node *n, uint32_t room, struct tare_json_writer *w)
{
    bool list = n->kind == TOML_ARRAY || n->kind == TOML_TABLES, good = room > 0;
    if (n->kind == TOML_RAW || !good) {
        tare_json_put_raw(w, good ? n->raw : TARE_S("null"));
        return good;
    }
    if (list)
        tare_json_begin_array(w);
    else
        tare_json_begin_object(w);
    for (const struct tare__toml_node *c = n->first; c && good; c = c->next) {
        if (!list)
            tare_json_put_key_str(w, c->key);
        good = put(c, room - 1, w);
    }
    if (list)
        tare_json_end_array(w);
    else
        tare_json_end_object(w);
    return good;
}

static enum tare_status lines(struct tare__toml *p, struct tare__toml_node *root)
{
    struct tare__toml_node *table = root;
    enum tare_status st = tare__toml_space(p);
    while (st == TARE_OK && p->at < p->text.n) {
        st = tare__toml_peek(p, 0) == '[' ? header(p, root, &table) : tare__toml_pair(p, table);
        if (st == TARE_OK)
            st = tare__toml_comment(p);
        if (st == TARE_OK && p->at < p->text.n && !line_end(p))
            st = tare__toml_fail(p, "one key a line: something stands behind the value");
        if (st == TARE_OK)
            st = tare__toml_space(p);
    }
    return st;
}

enum tare_status tare_toml_parse(struct tare_str text, struct tare_str path,
                                 struct tare_arena *arena, struct tare_json *root,
                                 struct tare_err *err)
{
    struct tare_err unused = {0};
    struct tare__toml p = {.text = text, .path = path, .arena = arena, .err = err ? err : &unused};
    struct tare_json_writer w;
    struct tare_buf b;
    if (tare_str_starts(text, TARE_S("\xef\xbb\xbf")))
        p.at = 3;
    struct tare__toml_node *top = tare__toml_new(&p, TOML_TABLE, (struct tare_str){NULL, 0});
    if (!top)
        return p.err->code;
    top->defined = true;
    tare_buf_init(&p.work, NULL, TARE_MAX_JSON_BYTES);
    enum tare_status st = lines(&p, top);
    tare_buf_free(&p.work);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    bool deep = !put(top, TARE_MAX_YAML_DEPTH, &w);
    struct tare_str json =
        b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (deep)
        return tare_fail(err, TARE_E_LIMIT, "values deeper than %u", TARE_MAX_YAML_DEPTH);
    return json.p ? tare_json_parse(json, NULL, arena, root, err)
                  : tare_fail(err, TARE_E_NOMEM, "out of memory while reading TOML");
}
