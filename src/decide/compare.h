/*
 * Two runs, task by task: the design, the evidence, the verdict.
 *
 * Pairs are tasks: attempts are averaged within a task first (pooled metrics: summed). Which
 * procedure is used follows from the data (statistics sheet, section 1):
 *   0 or 1, one attempt a side   mid-p McNemar; Tango's interval (exact bootstrap as a picture)
 *   values on a lattice          exact sign-flip; exact multinomial bootstrap, BCa
 *   real values                  sign-flip (exact up to 40 tasks); bootstrap over tasks, BCa
 *   ratios of sums               sign-flip of what each task adds to the difference under one
 *                                common ratio (swapping the two sides of a task flips its sign);
 *                                bootstrap of the difference of ratios over tasks, BCa
 *   clusters                     one sign a cluster; clusters resampled whole
 *   about these very tasks       permutation of attempts within each task (exact on a lattice); the
 *                                interval from the spread of attempts, t
 *   looking early (sequential)   e-value over the tasks in order, up to the first that is not
 *                                played yet; no interval of a fixed size is given
 * A difference is candidate (B) minus baseline (A), in the metric's own unit.
 */
#ifndef TARE_DECIDE_COMPARE_H
#define TARE_DECIDE_COMPARE_H

#include "decide/results.h"
#include "decide/verdict.h"
#include "stats/bootstrap_exact.h"

/* 1: bootstrap intervals at any number of tasks. 2: below TARE_FEW_UNITS tasks (or clusters) t, or
 * studentised where differences are skewed. */
#define TARE_METHOD_VERSION 2
#define TARE_FEW_UNITS 200u
#define TARE_DROP_LIMIT 0.20

enum tare_margin_source { TARE_MARGIN_NONE = 0, TARE_MARGIN_FLAG, TARE_MARGIN_SUITE };

/* What the verdict speaks about (statistics sheet, section 15). */
enum tare_about {
    TARE_ABOUT_NEW_TASKS = 0, /* tasks are a sample of tasks to come */
    TARE_ABOUT_THESE_TASKS    /* tasks are fixed; chance is in the attempts alone */
};

/* How p-values of several comparisons are corrected. */
enum tare_correct { TARE_CORRECT_HOLM = 0, TARE_CORRECT_ROMANO_WOLF, TARE_CORRECT_NONE };

struct tare_compare_opts {
    size_t size;               /* sizeof(struct tare_compare_opts) */
    struct tare_str metric;    /* empty: A's headline */
    const struct tare_str *by; /* tags to slice by; NULL: the suite's */
    uint32_t n_by;
    bool no_slices;
    struct tare_str cluster; /* tag; empty: the suite's */
    double alpha;            /* 0: 0.05 */
    double power;            /* 0: 0.80; for what could have been seen */
    double margin;           /* 0: the suite's */
    bool margin_post_hoc;    /* set after the results were seen */
    double discordance;      /* for planning; 0: the observed one */
    enum tare_about about;   /* these tasks: two attempts a task or more on each side */
    bool exact;              /* McNemar's exact test in place of mid-p */
    bool sequential;         /* looking while a run goes on: valid at every look */
    bool shared_tasks;       /* compare only tasks that are the same on both sides */
    uint32_t method_version; /* 0: TARE_METHOD_VERSION */
    uint64_t seed;           /* of what is left to Monte Carlo */
    uint64_t resamples;      /* 0: 10,000 intervals, 100,000 tests */
    unsigned threads;        /* 0: 1 */
};

enum tare_design {
    TARE_DESIGN_BINARY = 0,
    TARE_DESIGN_LATTICE,
    TARE_DESIGN_REAL,
    TARE_DESIGN_RATIO
};

/* An estimate with its evidence. Ratios: mean_* are the pooled ratios. */
struct tare_evidence {
    uint64_t n;                  /* pairs used */
    uint64_t wins, losses, ties; /* by better, not by larger */
    uint64_t undefined;          /* RATIO: pairs where a side has no ratio of its own */
    double mean_a, mean_b;       /* NaN when n is 0 */
    double diff;                 /* B minus A; NaN when n is 0 */
    enum tare_design design;
    double step;                        /* LATTICE: differences are multiples of it */
    uint32_t clusters;                  /* 0: every task for itself */
    struct tare_interval ci, ci_narrow; /* levels 1 - alpha and 1 - 2 alpha */
    const char *ci_method;
    struct tare_interval boot; /* BINARY: exact bootstrap percentile, as a picture */
    double p;                  /* two-sided, not corrected; NaN: none */
    const char *p_method;
    double log_e;            /* sequential: log of the largest e-value for this side; NaN: none */
    double smallest_p;       /* 0: any */
    uint64_t resamples;      /* Monte Carlo of the interval; 0: exact */
    uint64_t test_resamples; /* Monte Carlo of the test; 0: exact */
    double discordance;      /* (wins + losses) / n */
    double sd;               /* of the differences (ddof 1); RATIO: sqrt(n) SE; NaN: none */
    struct tare_value mde;   /* detectable with the asked power at this size and spread */
    struct tare_value n_for_margin;
    struct tare_value k_for_margin; /* these tasks: attempts a task on each side */
    /* The same to show that the difference is at least the margin, if it is what it seems: the gap
     * between them takes the margin's place. None where the estimate is not beyond the margin. */
    struct tare_value n_beyond_margin, k_beyond_margin;
    bool few_clusters; /* fewer than 10 */
    bool degenerate;   /* every task differs by the same: the interval has no width */
};

struct tare_slice {
    struct tare_str tag, value; /* family, benign */
    struct tare_evidence ev;
    double p_adjusted;          /* Holm over all slices; NaN: no test */
    enum tare_verdict verdict;  /* IMPROVED, REGRESSED or INCONCLUSIVE at the corrected level */
    const uint32_t *won, *lost; /* pairs (indices into tare_compare.pairs), in task order */
    uint32_t n_won, n_lost;
};

/* One task on both sides. */
struct tare_pair {
    struct tare_str task;
    uint32_t task_a, task_b; /* indices in each side's tasks */
    double a, b;             /* means within the task; ratios: num / den, NaN when den is 0 */
    uint32_t k_a, k_b;       /* attempts behind them */
    double diff;             /* B minus A; NaN for ratios without a value */
    char cell; /* w, l, t: B better, worse, alike; b, n for binary ties: both, neither */
};

/* What a task cost on each side. It never decides the verdict. */
struct tare_spend {
    const char *name; /* "cost_usd", "tokens", "cost_usd_per_solved", "tokens_per_solved" */
    bool money, per_solved;
    uint64_t n, unknown;         /* tasks counted; tasks whose spending a side does not say */
    double a, b, diff;           /* means over tasks; per solved: all spent over all solved */
    struct tare_interval ci;     /* of diff, level 1 - alpha */
    const char *ci_method, *why; /* why: no figure at all ("A solved nothing"); NULL: there is */
    uint64_t resamples;
};
#define TARE_SPENDS 4u

struct tare_side {
    struct tare_str name, id, address;
    struct tare_str identity; /* of the solver; empty: not known */
    struct tare_str suite, version;
    struct tare_digest digest;
    bool has_digest;
    enum tare_row_kind kind;
    uint32_t k;                /* planned attempts a task */
    uint32_t tasks_only;       /* tasks that the other side does not have */
    uint32_t tasks_missing;    /* tasks without any score for an outside reason */
    uint32_t tasks_na;         /* tasks where the metric does not arise */
    uint32_t attempts_missing; /* in tasks of both sides */
    bool finished;
};

/* The verdict as it would be under one reading of what is missing. */
struct tare_reading {
    const char *name; /* "missing counts against B" … */
    uint64_t n;
    double diff;
    struct tare_interval ci, ci_narrow;
    double p; /* not corrected */
    enum tare_verdict verdict;
};

struct tare_label_evidence;

struct tare_compare {
    struct tare_side a, b;
    struct tare_metric metric;
    struct tare_str suite, version, variant;
    bool same_suite;             /* digests equal (or none known) */
    bool same_run;               /* A and B are one run */
    bool same_seed;              /* both were played with one seed, or none is known */
    uint32_t tasks_changed;      /* same id, other content; left out */
    uint32_t n_tasks;            /* on both sides */
    double alpha, power, margin; /* margin NaN: none */
    enum tare_margin_source margin_source;
    bool margin_post_hoc;
    struct tare_digest margin_suite; /* of the suite whose file gave the margin */
    struct tare_str cluster;         /* tag in use; empty: none */
    uint64_t seed;
    enum tare_about about;
    uint32_t method_version; /* how methods were chosen */
    bool exact;
    bool sequential;
    uint32_t tasks_open; /* sequential: from the first unplayed task on; not looked at */
    struct tare_evidence ev;
    double p_adjusted;
    uint32_t family; /* comparisons in the family of p_adjusted */
    enum tare_correct correct;
    uint64_t correct_resamples; /* Monte Carlo of the correction; 0: none */
    struct tare_verdict_out out;
    uint32_t n_total;   /* pairs there should be: used and dropped */
    uint32_t n_dropped; /* of them without a value on a side */
    uint32_t n_na_both; /* tasks where the metric arises on neither side: not pairs at all */
    bool cause_known;   /* of what is missing; false: both readings were looked at */
    bool reversible;    /* what is missing could reverse the verdict */
    struct tare_reading *readings;
    uint32_t n_readings;
    const struct tare_pair *pairs; /* used ones, in A's task order */
    uint32_t n_pairs;
    struct tare_spend spend[TARE_SPENDS]; /* where a side says anything of it */
    uint32_t n_spend;
    const struct tare_slice *slices;
    uint32_t n_slices;
    uint32_t slices_omitted; /* beyond the ceiling of one tag */
    double drop_limit;
    const double *scores;          /* n_pairs: what the test flips; NULL: no pairs */
    const uint32_t *cluster_of;    /* n_pairs; NULL: every task for itself */
    struct tare_lattice_dist dist; /* n_points 0: none. BINARY and LATTICE: resampled sums */
    const double *histogram;       /* REAL, RATIO: shares of replicates in equal cells; or NULL */
    double histogram_lo, histogram_cell;
    uint32_t n_histogram;
    /* For the caller to fill, one sentence each: what was skipped or guessed while reading a side,
     * and what statistics cannot repair (decide/caution.h). */
    const struct tare_str *notes, *cautions;
    uint32_t n_notes, n_cautions;
    const struct tare_label_evidence *labels; /* decide/labels.h; NULL: no labels were given */
};

/*
 * Compares run `a` of ra (baseline) with run `b` of rb (candidate). out and all it points to live
 * in the arena; it borrows the names of both results.
 *
 * Fails: TARE_E_USAGE (different suites without shared_tasks, with the remedy; no such metric, with
 * those there are; a metric without direction; a margin that is not positive;
 * sequential with clusters, a ratio or an open range; these tasks with a ratio or with one attempt
 * a task on a side), TARE_E_INPUT (values that are not finite), TARE_E_NOMEM. No pair at all is not
 * a failure: inconclusive, "no data".
 */
enum tare_status tare_compare(const struct tare_results *ra, uint32_t a,
                              const struct tare_results *rb, uint32_t b,
                              const struct tare_compare_opts *opts, struct tare_arena *arena,
                              struct tare_compare *out, struct tare_err *err);

/*
 * Several comparisons shown together (candidates, metrics), all against the same baseline run:
 * corrects their p and decides each anew. Romano-Wolf flips the signs of all comparisons of a task
 * (or cluster) together, `resamples` times (0: 10,000), so that metrics and candidates that move
 * together are not charged twice.
 *
 * Fails: TARE_E_USAGE (Romano-Wolf about these tasks or while looking early: Holm holds there),
 * TARE_E_NOMEM.
 */
enum tare_status tare_compare_family(struct tare_compare *c, uint32_t n, enum tare_correct how,
                                     uint64_t seed, uint64_t resamples, struct tare_arena *scratch,
                                     struct tare_err *err);

/* ---- gates ------------------------------------------------------------------------------- */

enum tare_gate {
    TARE_GATE_NONE = 0,
    TARE_GATE_FAIL_ON_REGRESSED, /* weak: no evidence of harm is not evidence of none */
    TARE_GATE_REQUIRE_IMPROVED,
    TARE_GATE_REQUIRE_NOT_WORSE, /* lower limit above -margin */
    TARE_GATE_REQUIRE_EQUIVALENT
};
/* "--require not-worse". */
const char *tare_gate_name(enum tare_gate g);
bool tare_gate_needs_margin(enum tare_gate g);
/* Whether c passes. Inconclusive for want of data passes no --require. */
bool tare_gate_passes(enum tare_gate g, const struct tare_compare *c);

#endif
