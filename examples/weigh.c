/* Weighs one solver on one task of a suite: weigh SUITE SOLVER [TASK] */
#include <stdio.h>

#include <tare/tare.h>

static int explain(const struct tare_fault *fault)
{
    fprintf(stderr, "weigh: %s%s%s\n", fault->file, fault->file[0] ? ": " : "", fault->text);
    if (fault->hint[0])
        fprintf(stderr, "  %s\n", fault->hint);
    return fault->code == TARE_CODE_USAGE ? 2 : 3;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: weigh SUITE SOLVER [TASK]\n");
        return 2;
    }
    struct tare_fault fault = {.size = sizeof fault};
    struct tare_scale *scale = NULL;
    struct tare_scale_options suite = {.size = sizeof suite, .suite = argv[1], .seed = 7};
    if (tare_scale_open(&suite, &scale, &fault) != TARE_CODE_OK)
        return explain(&fault);

    struct tare_weight w = {.size = sizeof w};
    struct tare_weigh_options what = {.size = sizeof what, .solver = argv[2]};
    what.task = argc > 3 ? argv[3] : tare_scale_task(scale, 0);
    int code = 0;
    if (tare_scale_weigh(scale, &what, &w, &fault) != TARE_CODE_OK)
        code = explain(&fault);
    else if (w.ending == TARE_ENDED_MISSING)
        printf("%s on %s: missing (%s)\n", what.solver, what.task, w.cause);
    else
        printf("%s on %s: %s %.3f in %u steps\n", what.solver, what.task, w.metric, w.score,
               (unsigned)w.steps);
    tare_scale_close(scale);
    return code;
}
