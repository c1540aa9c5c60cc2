#include "cli/borrowed.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "decide/keep_import.h"

#include "base/banned.h"

static enum tare_status make_folder(struct tare_ctx *ctx, struct tare_borrowed *b,
                                    struct tare_err *err)
{
    const char *tmp = getenv("TMPDIR");
    struct tare_str name =
        tare_arena_printf(ctx->arena, "%s/tare-view-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    char *writable = TARE_NEW_N(ctx->arena, char, name.n + 1);
    if (!name.p || !writable)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to read the files");
    memcpy(writable, name.p, name.n + 1);
    if (!mkdtemp(writable)) {
        (void)tare_fail(err, TARE_E_IO, "cannot make a folder for what is read: %s",
                        strerror(errno));
        tare_err_file(err, name);
        return TARE_E_IO;
    }
    b->folder = tare_str_n(writable, name.n);
    b->store = tare_arena_printf(ctx->arena, "%s/tare.db", writable);
    return b->store.p ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "not enough memory");
}

void tare_cli_give_back(const struct tare_borrowed *b)
{
    if (!b->folder.n)
        return;
    DIR *d = opendir(b->folder.p);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        char path[4096];
        int n = snprintf(path, sizeof path, "%s/%s", b->folder.p, e->d_name);
        if (e->d_name[0] != '.' && n > 0 && (size_t)n < sizeof path)
            (void)unlink(path);
    }
    if (d)
        (void)closedir(d);
    (void)rmdir(b->folder.p);
}

/* The file's name without folder and ending: the label of its batch. */
static struct tare_str label_of(struct tare_str path)
{
    struct tare_str name = tare_cli_file_name(path);
    for (size_t i = name.n; i > 1; i--)
        if (name.p[i - 1] == '.')
            return tare_str_n(name.p, i - 1);
    return name;
}

static enum tare_status keep_file(struct tare_ctx *ctx, struct tare_store *store,
                                  struct tare_str name, const struct tare_file_opts *files,
                                  struct tare_borrowed *b, struct tare_err *err)
{
    struct tare_file f;
    struct tare_batch_info batch;
    const char **lower = TARE_NEW_N(ctx->arena, const char *, files->lower.n + 1);
    enum tare_status st = lower ? tare_cli_file(ctx, name, files, true, NULL, 0, &f, err)
                                : tare_fail(err, TARE_E_NOMEM, "not enough memory");
    if (st)
        return st;
    for (size_t i = 0; i < files->lower.n; i++)
        lower[i] = tare_arena_copy(ctx->arena, files->lower.v[i]).p;
    struct tare_keep_options keep = {
        .size = sizeof keep, .lower = lower, .label = label_of(f.path)};
    st = tare_keep_import(store, f.table, &keep, ctx->arena, &batch, err);
    if (st)
        return st;
    bool one = f.has_run && f.table->n_runs > 1;
    b->addresses[b->n++] =
        one ? tare_arena_printf(ctx->arena, "%s/%.*s", batch.name, TARE_FMT(f.table->runs[f.run]))
            : tare_arena_copy(ctx->arena, tare_str_of(batch.name));
    return TARE_OK;
}

static enum tare_status keep_files(struct tare_ctx *ctx, const struct tare_strs *names,
                                   const struct tare_file_opts *files, struct tare_borrowed *b,
                                   struct tare_err *err)
{
    struct tare_store *store;
    /* When they are read is no part of what files say: the same files give the same documents. */
    struct tare_clock_fake never;
    tare_clock_fake_init(&never, 0, 0);
    struct tare_store_options options = {
        .size = sizeof options, .create = true, .clock = &never.clock};
    enum tare_status st = make_folder(ctx, b, err);
    if (!st)
        st = tare_store_open(b->store, &options, &store, err);
    if (st)
        return st;
    *err = (struct tare_err){0}; /* what is said from here on is not about the store */
    for (size_t i = 0; i < names->n && !st; i++)
        st = keep_file(ctx, store, names->v[i], files, b, err);
    tare_store_close(store);
    return st;
}

enum tare_status tare_cli_borrow(struct tare_ctx *ctx, const struct tare_strs *names,
                                 const struct tare_file_opts *files, struct tare_borrowed *out,
                                 struct tare_err *err)
{
    size_t n_files = 0;
    *out = (struct tare_borrowed){.store = ctx->store};
    out->addresses = TARE_NEW_N(ctx->arena, struct tare_str, names->n + 1);
    if (!out->addresses)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to read the runs");
    for (size_t i = 0; i < names->n; i++)
        n_files += tare_cli_is_file(ctx, names->v[i]);
    if (n_files && n_files < names->n) {
        (void)tare_usage_fail(ctx, err, "files and stored runs cannot be looked at together");
        tare_err_hint(err, "store the files first: tare import FILE --label NAME");
        return TARE_E_USAGE;
    }
    if (n_files) {
        enum tare_status st = keep_files(ctx, names, files, out, err);
        if (st)
            tare_cli_give_back(out);
        return st;
    }
    for (size_t i = 0; i < names->n; i++)
        out->addresses[out->n++] = names->v[i];
    return TARE_OK;
}
