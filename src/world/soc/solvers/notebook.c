/* Reading free text by rules; see notebook.h. */
#include "world/soc/solvers/notebook.h"

#include "base/banned.h"

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

struct tare_str tare__notebook_word(struct tare_str *rest)
{
    size_t i = 0;
    while (i < rest->n && !is_word_char(rest->p[i]))
        i++;
    size_t begin = i;
    while (i < rest->n && is_word_char(rest->p[i]))
        i++;
    struct tare_str word = tare_str_n(rest->p + begin, i - begin);
    *rest = tare_str_n(rest->p + i, rest->n - i);
    while (word.n > 0 && (word.p[word.n - 1] == '.' || word.p[word.n - 1] == '-'))
        word.n--;
    return begin == i ? tare_str_n(NULL, 0) : word;
}

static bool starts(struct tare_str word, const char *const *prefix)
{
    for (uint32_t i = 0; prefix[i] != NULL; i++) {
        if (tare_str_starts(word, tare_str_of(prefix[i])))
            return true;
    }
    return false;
}

/* "xxx-kind-hhhh" */
static bool is_machine(struct tare_str w)
{
    size_t dash = 0;
    if (w.n < 10 || w.n > 12 || w.p[3] != '-' || w.p[w.n - 5] != '-')
        return false;
    for (size_t i = 0; i < w.n; i++)
        dash += w.p[i] == '-';
    for (size_t i = w.n - 4; i < w.n; i++) {
        bool hex = (w.p[i] >= '0' && w.p[i] <= '9') || (w.p[i] >= 'a' && w.p[i] <= 'f');
        if (!hex)
            return false;
    }
    return dash == 2;
}

static bool is_domain(struct tare_str w)
{
    static const char *const ends[] = {".example",     ".test",        ".invalid", ".example.com",
                                       ".example.net", ".example.org", ".com",     ".net",
                                       ".io",          ".org",         NULL};
    for (uint32_t i = 0; ends[i] != NULL; i++) {
        struct tare_str end = tare_str_of(ends[i]);
        if (w.n > end.n && tare_str_ends(w, end))
            return true;
    }
    return false;
}

enum tare__play_kind tare__notebook_kind(struct tare_str word)
{
    static const char *const targets[] = {"share-",   "db-",   "bucket-", "vault-",
                                          "archive-", "repo-", "t-",      NULL};
    static const char *const users[] = {"u-", NULL}, *const hosts[] = {"h-", NULL};
    static const char *const vectors[] = {"phish",           "token_theft",     "password_spray",
                                          "exposed_service", "removable_media", NULL};
    for (uint32_t i = 0; vectors[i] != NULL; i++) {
        if (tare_str_is(word, vectors[i]))
            return PLAY_VECTOR;
    }
    if (starts(word, users) && word.n > 4)
        return PLAY_USER;
    if (is_domain(word))
        return PLAY_DOMAIN;
    if (is_machine(word) || (starts(word, hosts) && word.n > 4))
        return PLAY_HOST;
    if (starts(word, targets) && word.n > 4)
        return PLAY_TARGET;
    return PLAY_KINDS;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Without regard to case; cue is lower case. */
static bool mentions(struct tare_str text, struct tare_str cue)
{
    for (size_t i = 0; i + cue.n <= text.n; i++) {
        size_t k = 0;
        while (k < cue.n && lower(text.p[i + k]) == cue.p[k])
            k++;
        if (k == cue.n)
            return true;
    }
    return false;
}

static int count(struct tare_str text, const char *const *cues)
{
    int n = 0;
    for (uint32_t i = 0; cues[i] != NULL; i++)
        n += mentions(text, tare_str_of(cues[i]));
    return n;
}

/* Evidence says what happened; a text that says what to do is none, whoever forwards it. */
static bool gives_orders(struct tare_str text)
{
    static const char *const orders[] = {
        "isolate",       "isolating",       "to responder",  "responder to",  "responder of",
        "the responder", "procedure",       "robot",         "new order",     "other orders",
        "reset u-",      ", block ",        "so block",      "to block",      "now, block",
        "list. block",   "case file lacks", "mail desk",     "quality desk",  "report template",
        "next move",     "the sooner",      "second reader", "first wording", NULL};
    return count(text, orders) > 0;
}

int tare__notebook_tone(struct tare_str text)
{
    static const char *const bad[] = {"intruder",
                                      "implant",
                                      "malicious",
                                      "hostile",
                                      "stolen",
                                      "hijacked",
                                      "theft",
                                      "thief",
                                      "takeover",
                                      "taken over",
                                      "not theirs",
                                      "owner denies",
                                      "not the owner",
                                      "backdoor",
                                      "infected",
                                      "compromise",
                                      "beacon from",
                                      "loader",
                                      "keystrokes",
                                      "dropper",
                                      "went for",
                                      "somebody else",
                                      "did not order",
                                      "reverse-shell",
                                      "lsass",
                                      "command channel",
                                      "confirmed staging",
                                      "confirmed staging",
                                      "pile that",
                                      "minidump",
                                      "delete shadows",
                                      NULL};
    static const char *const good[] = {"closed",       "approved",       "expected",
                                       "clean",        "drill",          "exercise",
                                       "allow list",   "checked",        "scheduled",
                                       "cleared",      "not malicious",  "nothing to do",
                                       "false alarm",  "announced",      "supplier",
                                       "contract",     "helpdesk",       "confirmed by phone",
                                       "in person",    "weekly backup",  "ticket",
                                       "user present", "confirmed with", NULL};
    return gives_orders(text) ? 0 : count(text, bad) - 2 * count(text, good);
}

static struct tare__notebook_case *root(const struct tare__notebook *n, uint32_t i)
{
    while (n->c[i]->merged_into != i)
        i = n->c[i]->merged_into;
    return n->c[i];
}

static void vote(struct tare__notebook *n, struct tare__notebook_case *c, enum tare__play_kind kind,
                 struct tare_str name, uint32_t votes)
{
    struct tare__play_list *l = &c->name[kind];
    (void)tare__play_add(l, name, n->arena);
    for (uint32_t i = 0; i < l->n; i++) {
        if (tare_str_eq(l->v[i], name))
            c->votes[kind][i] += votes;
    }
}

static bool shares(const struct tare__notebook_case *a, const struct tare__notebook_case *b)
{
    for (uint32_t k = PLAY_USER; k <= PLAY_TARGET; k++) {
        for (uint32_t i = 0; i < a->name[k].n; i++) {
            for (uint32_t j = 0; j < b->name[k].n; j++) {
                if (tare_str_eq(a->name[k].v[i], b->name[k].v[j]))
                    return true;
            }
        }
    }
    return false;
}

static void merge(struct tare__notebook *n, struct tare__notebook_case *into, uint32_t number,
                  struct tare__notebook_case *c)
{
    for (uint32_t k = 0; k < PLAY_KINDS; k++) {
        for (uint32_t i = 0; i < c->name[k].n; i++)
            vote(n, into, (enum tare__play_kind)k, c->name[k].v[i], c->votes[k][i]);
    }
    c->merged_into = number;
}

/* Texts that name one thing together tell of one incident. */
static void file_case(struct tare__notebook *n, struct tare__notebook_case *fresh)
{
    for (uint32_t i = 0; i < n->n; i++) {
        struct tare__notebook_case *c = n->c[i];
        if (c->merged_into == i && c != fresh && shares(c, fresh)) {
            uint32_t self = n->n - 1;
            merge(n, fresh, self, root(n, i));
        }
    }
}

static struct tare_str cell(const struct tare_soc_result *r, uint32_t row, const char *column)
{
    uint32_t c = tare_soc_column(r, column);
    if (c == UINT32_MAX || r->cells[row * r->n_columns + c].kind != TARE_SOC_TEXT)
        return tare_str_n(NULL, 0);
    return r->cells[row * r->n_columns + c].text;
}

static void take_words(struct tare__notebook *n, struct tare__notebook_case *c,
                       struct tare_str text)
{
    for (struct tare_str w = tare__notebook_word(&text); w.p != NULL;
         w = tare__notebook_word(&text)) {
        enum tare__play_kind kind = tare__notebook_kind(w);
        if (kind != PLAY_KINDS)
            vote(n, c, kind, w, 1);
    }
}

static void take_row(struct tare__notebook *n, const struct tare_soc_result *r, uint32_t row)
{
    static const char *const ids[] = {"alert_id", "email_id", "event_id", NULL};
    static const char *const texts[] = {"message", "body", "command_line", NULL};
    struct tare_str id = {NULL, 0}, text = {NULL, 0};
    for (uint32_t i = 0; ids[i] != NULL && id.n == 0; i++) {
        id = cell(r, row, ids[i]);
        text = cell(r, row, texts[i]);
    }
    struct tare_str trust = cell(r, row, "trust_tier");
    if (tare_str_is(trust, "untrusted") || !tare__play_add(&n->read, id, n->arena))
        return;
    int tone = tare__notebook_tone(text);
    n->cleared += tone < 0;
    if (tone <= 0 || n->n == NOTEBOOK_CASES)
        return;
    struct tare__notebook_case *c = TARE_NEW(n->arena, struct tare__notebook_case);
    if (c == NULL)
        return;
    c->merged_into = n->n;
    n->c[n->n++] = c;
    take_words(n, c, text);
    take_words(n, c, cell(r, row, "host_id"));
    take_words(n, c, cell(r, row, "user_id"));
    file_case(n, c);
}

void tare__notebook_take(struct tare__notebook *n, const struct tare_soc_result *r)
{
    for (uint32_t row = 0; row < r->n_rows; row++)
        take_row(n, r, row);
}

struct tare_str tare__notebook_top(const struct tare__notebook_case *c, enum tare__play_kind kind)
{
    uint32_t best = 0;
    struct tare_str name = {NULL, 0};
    for (uint32_t i = 0; i < c->name[kind].n; i++) {
        if (c->votes[kind][i] > best) {
            best = c->votes[kind][i];
            name = c->name[kind].v[i];
        }
    }
    return name;
}
