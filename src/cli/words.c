#include "cli/words.h"

#include "base/banned.h"

static const struct tare_noun nouns[] = {
    {"suite",
     "a versioned benchmark: tasks, checks, metrics, the world it plays in, limits; its content "
     "hash is its identity",
     {"benchmark", "dataset", "taskset"},
     "tare help run"},
    {"task",
     "one problem: input, what is expected, tags",
     {"sample", "test case", "case", "item", "example", "scenario"},
     "tare help run"},
    {"world",
     "a simulated environment a task is played in; deterministic given a seed",
     {"environment", "env", "simulator", "sandbox"},
     "tare help run"},
    {"check",
     "one scorer of an outcome: a score from 0 to 1 with its evidence",
     {"scorer", "assert", "assertion", "grader", "rubric", "judge"},
     "tare help run"},
    {"metric",
     "how an outcome is measured: name, unit, direction, range, aggregation",
     {"measure", "score function"},
     "tare help run"},
    {"solver",
     "what is weighed: a scripted policy, a model with a harness, an external program, a replay",
     {"agent", "system", "provider", "model", "policy", "candidate"},
     "tare help run"},
    {"control",
     "a solver of known merit (do-nothing, spray, oracle): it weighs the instrument",
     {"baseline", "reference"},
     "tare help run"},
    {"switch",
     "one named part of a harness that can be off, on or set; removing it is an ablation",
     {"component", "module", "ablation"},
     "tare help run"},
    {"batch",
     "one `tare run`: a suite and some solvers",
     {"sweep", "experiment"},
     "tare help runs"},
    {"run",
     "one solver of a batch, with all that is needed to do it again",
     {"eval", "evaluation", "job"},
     "tare help run"},
    {"attempt",
     "one try at one task; k attempts of a task are averaged before tasks are compared",
     {"epoch", "trial", "rollout", "repeat", "repetition", "num-trials"},
     "tare run SUITE --solver S --attempts N (or -k N)"},
    {"step",
     "one event of an attempt, made of parts (text, reasoning, tool use, tool result)",
     {"event", "message", "turn", "transition"},
     "tare help show"},
    {"fact",
     "what a step means in its world: entity seen at a trust level, entity touched, instruction "
     "met or followed",
     {"annotation", "label"},
     "tare help show"},
    {"score",
     "value of one metric for one attempt, with numerator, denominator and state",
     {"result", "grade", "reward"},
     "tare help show"},
    {"verdict",
     "improved, regressed, equivalent within a margin, or inconclusive: one honest sentence",
     {"conclusion", "significance", "diff"},
     "tare help compare"},
    {"finding",
     "something a check of quality noticed: where, what, how bad, what to do",
     {"issue", "warning"},
     "tare help"},
    {NULL, NULL, {NULL}, NULL},
};

const struct tare_noun *tare_cli_nouns(void)
{
    return nouns;
}

static bool is_word(struct tare_str word, const char *name)
{
    if (tare_str_is(word, name))
        return true;
    return word.n > 1 && word.p[word.n - 1] == 's' &&
           tare_str_is(tare_str_n(word.p, word.n - 1), name);
}

const struct tare_noun *tare_cli_find_noun(struct tare_str word)
{
    for (const struct tare_noun *n = nouns; n->noun; n++)
        if (is_word(word, n->noun))
            return n;
    for (const struct tare_noun *n = nouns; n->noun; n++)
        for (size_t i = 0; n->elsewhere[i]; i++)
            if (is_word(word, n->elsewhere[i]))
                return n;
    return NULL;
}
