/* Which suite.yaml is meant. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/os.h"
#include "suite/suite_int.h"
#include "text/yaml.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#include "base/banned.h"

#define MAX_PLACES 16
#define MAX_NAMES 100

static struct tare_str join(struct tare_arena *arena, struct tare_str a, const char *b)
{
    return tare_arena_printf(arena, "%.*s/%s", TARE_FMT(a), b);
}

/* The program may have been moved with its data, or run from where it was built. */
static void places_beside_program(struct tare_arena *arena, struct tare_str out[MAX_PLACES],
                                  uint32_t *n)
{
    static const char *const beside[] = {"/../suites", "/../share/tare/suites"};
    char folder[PATH_MAX];
    if (tare_os_program_folder(folder, sizeof folder) == 0)
        return;
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        struct tare_str place = tare_arena_printf(arena, "%s%s", folder, beside[i]);
        if (place.p && tare_fs_is_dir(place))
            out[(*n)++] = place;
    }
}

/* Folders with suites in them, in order; *n of them. False when out of memory. */
static bool places(struct tare_str rest, struct tare_arena *arena, struct tare_str out[MAX_PLACES],
                   uint32_t *n)
{
    *n = 0;
    while (rest.n > 0 && *n < MAX_PLACES - 4) {
        size_t colon = tare_str_find(rest, TARE_S(":"));
        size_t len = colon == SIZE_MAX ? rest.n : colon;
        if (len > 0)
            out[(*n)++] = tare_arena_copy(arena, tare_str_n(rest.p, len));
        if (len > 0 && !out[*n - 1].p)
            return false;
        rest = tare_str_n(rest.p + len, rest.n - len);
        if (rest.n > 0)
            rest = tare_str_n(rest.p + 1, rest.n - 1);
    }
    out[(*n)++] = TARE_S("suites");
    places_beside_program(arena, out, n);
    out[(*n)++] = TARE_S(TARE_DATA_DIR "/suites");
    return true;
}

static bool is_path(struct tare_str what)
{
    return what.n == 0 || memchr(what.p, '/', what.n) || tare_str_ends(what, TARE_S(".yaml")) ||
           tare_str_ends(what, TARE_S(".yml")) || tare_str_is(what, ".") || tare_str_is(what, "..");
}

/* Names of the suites in the places, for a suggestion; NULL-terminated. */
static uint32_t names_in(struct tare_arena *arena, const struct tare_str *place, uint32_t n_places,
                         const char *names[MAX_NAMES + 1])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_places; i++) {
        DIR *dir = opendir(place[i].p);
        if (!dir)
            continue;
        for (struct dirent *e; n < MAX_NAMES && (e = readdir(dir));) {
            struct tare_str folder = join(arena, place[i], e->d_name);
            struct tare_str file = folder.p ? join(arena, folder, "suite.yaml") : folder;
            if (e->d_name[0] != '.' && file.p && tare_fs_exists(file)) {
                names[n] = tare_arena_copy(arena, tare_str_of(e->d_name)).p;
                n += names[n] != NULL;
            }
        }
        closedir(dir);
    }
    names[n] = NULL;
    return n;
}

/* In order: a folder gives its names in any. */
static void sort_names(const char **names)
{
    for (uint32_t i = 0; names[i]; i++)
        for (uint32_t j = i; j > 0 && strcmp(names[j - 1], names[j]) > 0; j--) {
            const char *swap = names[j];
            names[j] = names[j - 1];
            names[j - 1] = swap;
        }
}

/* Each once; they are in order. */
static void drop_repeats(const char **names)
{
    uint32_t n = 0;
    for (uint32_t i = 0; names[i]; i++)
        if (n == 0 || strcmp(names[n - 1], names[i]) != 0)
            names[n++] = names[i];
    names[n] = NULL;
}

static void list_names(const char *const *names, struct tare_err *err)
{
    char list[300] = "";
    size_t at = 0;
    for (uint32_t i = 0; names[i] && at + strlen(names[i]) + 3 < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", names[i]);
    tare_err_hint(err, "there are: %s; or give the folder of a suite", list);
}

static enum tare_status not_found(struct tare_str what, const struct tare_str *place, uint32_t n,
                                  struct tare_arena *arena, struct tare_err *err)
{
    const char *names[MAX_NAMES + 1];
    char looked[300] = "";
    size_t at = 0;
    for (uint32_t i = 0; i < n && at < sizeof looked; i++) {
        int wrote =
            snprintf(looked + at, sizeof looked - at, "%s%.*s", i ? ", " : "", TARE_FMT(place[i]));
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    (void)tare_fail(err, TARE_E_USAGE, "there is no suite \"%.*s\"; looked in %s", TARE_FMT(what),
                    looked);
    names_in(arena, place, n, names);
    sort_names(names);
    drop_repeats(names);
    const char *near = tare_suggest(what, names);
    if (tare_fs_exists(what) && !tare_fs_is_dir(what))
        tare_err_hint(err, "that file is no suite; name the suite.yaml that speaks of it");
    else if (near)
        tare_err_hint(err, "did you mean \"%s\"?", near);
    else if (names[0])
        list_names(names, err);
    else
        tare_err_hint(err, "give the folder of a suite, or its suite.yaml");
    return TARE_E_USAGE;
}

static enum tare_status find_path(struct tare_str what, struct tare_arena *arena,
                                  struct tare_str *path, struct tare_err *err)
{
    struct tare_str file = tare_arena_copy(arena, what);
    if (file.p && what.n > 0 && tare_fs_is_dir(file)) {
        while (file.n > 1 && file.p[file.n - 1] == '/')
            file.n--;
        file = join(arena, file, "suite.yaml");
    }
    if (!file.p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to look for a suite");
    *path = file;
    if (what.n > 0 && tare_fs_exists(file))
        return TARE_OK;
    tare_err_file(err, file);
    (void)tare_fail(err, TARE_E_USAGE, "there is no suite here: the file does not exist");
    tare_err_hint(err, "check the path; it is looked up from the current folder");
    return TARE_E_USAGE;
}

enum tare_status tare__suite_find(struct tare_str what, struct tare_str search,
                                  struct tare_arena *arena, struct tare_str *path,
                                  struct tare_err *err)
{
    struct tare_str place[MAX_PLACES];
    uint32_t n;
    if (is_path(what))
        return find_path(what, arena, path, err);
    if (!places(search, arena, place, &n))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to look for a suite");
    for (uint32_t i = 0; i < n; i++) {
        *path =
            tare_arena_printf(arena, "%.*s/%.*s/suite.yaml", TARE_FMT(place[i]), TARE_FMT(what));
        if (path->p && tare_fs_exists(*path))
            return TARE_OK;
    }
    *path = tare_arena_printf(arena, "%.*s/suite.yaml", TARE_FMT(what));
    if (path->p && tare_fs_exists(*path))
        return TARE_OK;
    return not_found(what, place, n, arena, err);
}

enum tare_status tare__suite_read_yaml(struct tare_str path, struct tare_arena *arena,
                                       struct tare_str *text, struct tare_json *root,
                                       struct tare_err *err)
{
    enum tare_status st = tare_fs_read(path, TARE_MAX_YAML_BYTES, arena, text, err);
    return st == TARE_OK ? tare_yaml_parse(*text, path, arena, root, err) : st;
}
