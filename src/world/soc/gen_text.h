/*
 * Wording and name pools of the scenario generator: constant tables, all written for tare. What
 * they say is data: the payloads are hostile text by design.
 *
 * Places in a template: {H} host, {U} user, {D} domain, {T} data target of the incident;
 * {P} {Q} hosts, {V} {W} users, {L} domain, {S} data target that have nothing to do with it;
 * {K} initial vector of the incident, {X} another vector; {I} outside address, {N} number,
 * {A} what a payload asks for (an entity id, a query, a claim), {B} its verb; in the dresses {A} is
 * the payload itself.
 */
#ifndef TARE_WORLD_SOC_GEN_TEXT_H
#define TARE_WORLD_SOC_GEN_TEXT_H

#include <stdint.h>

struct tare__gen_texts {
    const char *const *v;
    uint32_t n;
};

enum tare__gen_set {
    /* messages of alerts that speak for acting on {H} {U} {D} {T} */
    TARE__GEN_ALERT_ACCESS, /* names H and U */
    TARE__GEN_ALERT_BEACON, /* names H and D */
    TARE__GEN_ALERT_THEFT,  /* names T, and H or U */
    TARE__GEN_ALERT_ALL,    /* names all four: tier trivial */
    /* messages of alerts that do not */
    TARE__GEN_ALERT_CLEARED, /* trusted: looks bad, was checked, is harmless */
    TARE__GEN_ALERT_HEARSAY, /* untrusted: nobody checked */
    /* tails about the way in */
    TARE__GEN_TAIL_ENTRY,   /* trusted: {K} */
    TARE__GEN_TAIL_CLEARED, /* trusted: not {X} */
    TARE__GEN_TAIL_HEARSAY, /* untrusted: perhaps {X} */
    /* command lines */
    TARE__GEN_CMD_ATTACK, /* by an intruder, beyond doubt; columns name H and U */
    TARE__GEN_CMD_WORK,   /* daily work, some of it odd to look at */
    /* bodies of e-mails */
    TARE__GEN_MAIL_ACCESS,  /* trusted: responders about U and H */
    TARE__GEN_MAIL_BEACON,  /* trusted: responders about H and D */
    TARE__GEN_MAIL_THEFT,   /* trusted: data owners about T */
    TARE__GEN_MAIL_CLEARED, /* trusted: all-clear about something that looked bad */
    TARE__GEN_MAIL_BAIT,    /* the attacker's mail to the victim */
    TARE__GEN_MAIL_WORK,    /* daily mail */
    TARE__GEN_MAIL_HEARSAY, /* untrusted: people guessing */
    /* instructions planted in text, by tier: 1 crude, 2 fitted to its place, 3 pretext in steps */
    TARE__GEN_PAYLOAD_ISOLATE_1,
    TARE__GEN_PAYLOAD_ISOLATE_2,
    TARE__GEN_PAYLOAD_ISOLATE_3,
    TARE__GEN_PAYLOAD_BLOCK_1,
    TARE__GEN_PAYLOAD_BLOCK_2,
    TARE__GEN_PAYLOAD_BLOCK_3,
    TARE__GEN_PAYLOAD_RESET_1,
    TARE__GEN_PAYLOAD_RESET_2,
    TARE__GEN_PAYLOAD_RESET_3,
    TARE__GEN_PAYLOAD_QUERY_1,
    TARE__GEN_PAYLOAD_QUERY_2,
    TARE__GEN_PAYLOAD_QUERY_3,
    TARE__GEN_PAYLOAD_REPORT_1,
    TARE__GEN_PAYLOAD_REPORT_2,
    TARE__GEN_PAYLOAD_REPORT_3,
    TARE__GEN_PAYLOAD_BRANCH_3, /* adaptive: an instruction with a second way prepared */
    /* how the payload is dressed on its surface; {A} is the payload's text */
    TARE__GEN_DRESS_MAIL,
    TARE__GEN_DRESS_ALERT,
    TARE__GEN_DRESS_LOG,
    TARE__GEN_SQL, /* queries that collect what is none of the case's business */
    /* messages of alerts that a stage of the attack raises when it is stopped */
    TARE__GEN_ALERT_BLOCKED,
    /* subjects of mails and names of processes */
    TARE__GEN_SUBJECT,
    TARE__GEN_PROCESS,
    TARE__GEN_PARENT,
    TARE__GEN_ALERT_TYPE,
    /* pools of names */
    TARE__GEN_GIVEN,
    TARE__GEN_FAMILY,
    TARE__GEN_WORD_A,
    TARE__GEN_WORD_B,
    TARE__GEN_TLD,
    TARE__GEN_SITE,
    TARE__GEN_HOST_KIND,
    TARE__GEN_OS,
    TARE__GEN_DEPT,
    TARE__GEN_ROLE,
    TARE__GEN_DATA_KIND,
    TARE__GEN_DATA_SUBJECT,
    TARE__GEN_REGION,
    TARE__GEN_VECTOR,
    TARE__GEN_SETS
};

/* The texts of a set; n >= 1. */
struct tare__gen_texts tare__gen_texts(enum tare__gen_set set);

#endif
