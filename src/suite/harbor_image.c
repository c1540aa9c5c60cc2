/* What a Dockerfile asks for: a base that any Linux stands in for, a folder, files. */
#include "base/limits.h"
#include "suite/harbor_int.h"

#include "base/banned.h"

/* A line with its continuations, trimmed; false: there is none. */
static bool next_line(struct tare_str *text, struct tare_arena *arena, struct tare_str *out)
{
    *out = (struct tare_str){"", 0};
    while (text->n) {
        size_t n = tare_str_find(*text, TARE_S("\n"));
        struct tare_str line = tare_str_trim(tare_str_n(text->p, n == SIZE_MAX ? text->n : n));
        size_t used = n == SIZE_MAX ? text->n : n + 1;
        *text = tare_str_n(text->p + used, text->n - used);
        bool more = tare_str_ends(line, TARE_S("\\"));
        if (more)
            line.n--;
        if (line.n && line.p[0] == '#')
            continue;
        *out = tare_arena_printf(arena, "%.*s%.*s", TARE_FMT(*out), TARE_FMT(line));
        if (!more && out->n)
            return true;
    }
    return out->n > 0;
}

static struct tare_str word(struct tare_str *line)
{
    size_t n = 0, from = 0;
    while (from < line->n && (line->p[from] == ' ' || line->p[from] == '\t'))
        from++;
    while (from + n < line->n && line->p[from + n] != ' ' && line->p[from + n] != '\t')
        n++;
    struct tare_str w = tare_str_n(line->p + from, n);
    *line = tare_str_n(line->p + from + n, line->n - from - n);
    return w;
}

static bool same_word(struct tare_str s, const char *upper)
{
    size_t n = strlen(upper);
    for (size_t i = 0; i < n && s.n == n; i++)
        if ((s.p[i] & ~0x20) != upper[i])
            return false;
    return s.n == n;
}

/* Bases that are a plain system: what they have is hoped to be here too. */
static bool plain_base(struct tare_str image)
{
    static const char *const bases[] = {"debian", "ubuntu", "python", "bash", "alpine"};
    size_t colon = tare_str_find(image, TARE_S(":"));
    struct tare_str name = tare_str_n(image.p, colon == SIZE_MAX ? image.n : colon);
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (tare_str_is(name, bases[i]))
            return true;
    return false;
}

/* A relative name without empty, '.' and '..' parts. */
static bool inside(struct tare_str s)
{
    size_t from = 0;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '/')
            continue;
        struct tare_str part = tare_str_n(s.p + from, i - from);
        if (part.n == 0 || tare_str_is(part, ".") || tare_str_is(part, ".."))
            return false;
        from = i + 1;
    }
    return true;
}

/* Folders of an image that the box has no other use for. */
static bool free_place(struct tare_str at)
{
    static const char *const places[] = {"app",  "code", "data", "home", "opt",     "project",
                                         "repo", "root", "src",  "srv",  "testbed", "workspace"};
    size_t n = 1;
    if (tare_str_is(at, "/work"))
        return true;
    if (at.n < 2 || at.p[0] != '/' || !inside(tare_str_n(at.p + 1, at.n - 1)))
        return false;
    while (n < at.n && at.p[n] != '/')
        n++;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (tare_str_is(tare_str_n(at.p + 1, n - 1), places[i]))
            return true;
    return false;
}

/* `to` of a COPY, seen from the work folder; false: it lies outside. */
static bool place_of(struct tare__harbor_task *t, struct tare_str to, struct tare_str *out)
{
    if (tare_str_starts(to, TARE_S("./")))
        to = tare_str_n(to.p + 2, to.n - 2);
    if (tare_str_is(to, "."))
        to.n = 0;
    if (to.n && to.p[0] == '/') {
        if (!t->at.n || !tare_str_starts(to, t->at) || (to.n > t->at.n && to.p[t->at.n] != '/'))
            return false;
        to = tare_str_n(to.p + t->at.n, to.n - t->at.n);
        while (to.n && to.p[0] == '/')
            to = tare_str_n(to.p + 1, to.n - 1);
    }
    *out = to;
    return true;
}

static struct tare_str without_slashes(struct tare_str s)
{
    while (s.n && s.p[s.n - 1] == '/')
        s.n--;
    return s;
}

/* Why "COPY from to" cannot be done here; NULL: it can, and `at` is where to. */
static const char *copy_fault(struct tare__harbor_task *t, struct tare_str from, struct tare_str to,
                              struct tare_str *at)
{
    if (!from.n || !to.n || from.p[0] == '-' || from.p[0] == '[' ||
        tare_str_find(from, TARE_S("*")) != SIZE_MAX)
        return "its Dockerfile copies in a way that is not read here";
    from = without_slashes(from);
    if (tare_str_starts(from, TARE_S("./")))
        from = tare_str_n(from.p + 2, from.n - 2);
    if (!tare_str_is(from, ".") && !inside(from))
        return "its Dockerfile copies from outside its folder";
    return place_of(t, to, at) ? NULL : "its Dockerfile copies files out of its WORKDIR";
}

static enum tare_status copy(struct tare__harbor_task *t, struct tare_str context,
                             struct tare_str rest)
{
    struct tare_str from = word(&rest), to = word(&rest), at = {NULL, 0}, *names;
    uint32_t n;
    const char *why = word(&rest).n ? "its Dockerfile copies in a way that is not read here"
                                    : copy_fault(t, from, to, &at);
    if (why) {
        tare__harbor_refuse(t, tare_str_of(why));
        return TARE_OK;
    }
    bool folder = tare_str_ends(to, TARE_S("/")) || tare_str_is(to, ".") || !at.n;
    bool all = tare_str_is(without_slashes(from), ".");
    from = without_slashes(from);
    at = without_slashes(at);
    struct tare_str path =
        all ? context : tare_arena_printf(t->arena, "%.*s/%.*s", TARE_FMT(context), TARE_FMT(from));
    enum tare_status st = tare__harbor_names(path, t->arena, &names, &n, t->err);
    if (st != TARE_OK)
        return st;
    size_t slash = from.n;
    while (slash && from.p[slash - 1] != '/')
        slash--;
    if (!all && n == 0 && folder) /* a file into a folder keeps its name */
        at = tare_arena_printf(t->arena, "%.*s%s%.*s", TARE_FMT(at), at.n ? "/" : "",
                               TARE_FMT(tare_str_n(from.p + slash, from.n - slash)));
    return tare__harbor_gather(t, path, at, all ? "Dockerfile" : NULL, &t->files);
}

enum tare_status tare__harbor_image(struct tare__harbor_task *t, struct tare_str context)
{
    struct tare_str text, line,
        path = tare_arena_printf(t->arena, "%.*s/Dockerfile", TARE_FMT(context));
    enum tare_status st = TARE_OK;
    uint32_t bases = 0;
    if (!tare__harbor_text(t, path, &text))
        return TARE_OK;
    while (st == TARE_OK && !t->why.n && next_line(&text, t->arena, &line)) {
        struct tare_str rest = line, verb = word(&rest);
        struct tare_str arg = tare_str_trim(rest);
        if (same_word(verb, "FROM")) {
            struct tare_str image = word(&rest);
            if (++bases > 1 || !plain_base(image))
                tare__harbor_refuse(
                    t, tare_arena_printf(t->arena, "it needs the image %.*s", TARE_FMT(image)));
        } else if (same_word(verb, "WORKDIR")) {
            if (t->at.n || t->files.n)
                tare__harbor_refuse(t, TARE_S("its Dockerfile changes its folder"));
            while (arg.n > 1 && arg.p[arg.n - 1] == '/')
                arg.n--;
            t->at = arg;
            if (!free_place(arg))
                tare__harbor_refuse(
                    t, tare_arena_printf(t->arena, "its folder is %.*s", TARE_FMT(arg)));
        } else if (same_word(verb, "COPY") || same_word(verb, "ADD")) {
            st = copy(t, context, rest);
        } else if (!same_word(verb, "LABEL") && !same_word(verb, "CMD") &&
                   !same_word(verb, "EXPOSE") && !same_word(verb, "MAINTAINER")) {
            tare__harbor_refuse(t, tare_arena_printf(t->arena,
                                                     "it needs an image: its Dockerfile has %.*s",
                                                     TARE_FMT(verb)));
        }
    }
    return st;
}
