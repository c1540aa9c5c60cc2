/*
 * Every ceiling, with its reason. Source of the values marked R: the reliability sheet, section 7.
 */
#ifndef TARE_BASE_LIMITS_H
#define TARE_BASE_LIMITS_H

#define TARE_KIB ((size_t)1024)
#define TARE_MIB (1024 * TARE_KIB)
#define TARE_GIB (1024 * TARE_MIB)

#define TARE_MAX_JSON_BYTES (64 * TARE_MIB)        /* R: one document */
#define TARE_MAX_JSON_DEPTH 128                    /* R: recursion in readers of the result */
#define TARE_MAX_JSON_DEPTH_IMPORT 512             /* R: other tools' logs nest deeper */
#define TARE_MAX_JSON_KEYS 100000                  /* R: keys of one object */
#define TARE_MAX_JSON_STRING_BYTES (32 * TARE_MIB) /* R */
#define TARE_MAX_JSON_NUMBER_DIGITS 4096           /* R: lexeme of one number */
#define TARE_MAX_JSONL_LINE_BYTES (16 * TARE_MIB)  /* R */
#define TARE_MAX_YAML_BYTES (4 * TARE_MIB)         /* R */
#define TARE_MAX_YAML_LINE_BYTES (64 * TARE_KIB)   /* the library reads a line ahead as tokens */
#define TARE_MAX_YAML_OPEN_BRACKETS 1000           /* the library keeps all of them in memory */
#define TARE_MAX_YAML_BLANK_LINES 1000     /* in a row: the library looks at all of them for each */
#define TARE_MAX_YAML_DEPTH 64             /* R */
#define TARE_MAX_TOML_KEYS 20000u          /* each is looked for among its table's */
#define TARE_MAX_YAML_NODES 100000         /* R */
#define TARE_MAX_YAML_ALIASES 1000         /* R */
#define TARE_MAX_YAML_EXPANSION 10         /* R: expanded size over source size */
#define TARE_MAX_TASKS 10000000u           /* R */
#define TARE_MAX_ATTEMPTS_PER_TASK 100000u /* k; beyond it a run would not end */
#define TARE_MAX_STEPS 10000u              /* R: steps of one attempt */
#define TARE_MAX_STEP_BODY_BYTES (4 * TARE_MIB)    /* R */
#define TARE_MAX_TOOL_OUTPUT_BYTES (64 * TARE_KIB) /* R: kept of one tool's output */
#define TARE_MAX_AGENT_LINE_BYTES TARE_MIB         /* said by an external agent */
#define TARE_MAX_AGENT_UNREAD_BYTES (8 * TARE_MIB) /* a brief and an observation */
#define TARE_MAX_AGENT_WRONG_LINES 20u             /* then it does not speak the protocol */
#define TARE_MAX_ERROR_TEXT_BYTES (4 * TARE_KIB)   /* R */
#define TARE_MAX_ZSTD_WINDOW_LOG 27                /* R: 128 MiB */
#define TARE_MAX_BLOB_BYTES TARE_GIB               /* R */
#define TARE_MAX_SOLVERS 1024u                     /* solvers of one batch */
#define TARE_MAX_SQL_BYTES (64 * TARE_KIB)         /* one query of an agent */
#define TARE_MAX_SQL_ROWS 10000u                   /* rows given back by one query of an agent */
#define TARE_MAX_SQL_RESULT_BYTES TARE_MIB         /* bytes given back by one query */
#define TARE_MAX_SQL_VM_STEPS 20000000u            /* SQLite instructions of one query, about 1 s */
#define TARE_ARENA_ATTEMPT_BYTES (64 * TARE_MIB)   /* one attempt: state, steps, scores */
#define TARE_ARENA_LOAD_BYTES (1024 * TARE_MIB)    /* loading a suite */
#define TARE_ARENA_REPORT_BYTES (1024 * TARE_MIB)  /* one report */
#define TARE_PACK_BYTES (64 * TARE_KIB)            /* step bodies gathered before compression */
#define TARE_MAX_TASKS_FILE_BYTES (512 * TARE_MIB) /* with its tape within ARENA_LOAD_BYTES */
#define TARE_MAX_HTTP_HEAD_BYTES (64 * TARE_KIB)   /* R: header lines of one answer */
#define TARE_MAX_HTTP_HEAD_LINES 200u              /* R */
#define TARE_MAX_HTTP_ANSWER_BYTES (64 * TARE_MIB) /* R: body of one answer */
#define TARE_MAX_SSE_EVENT_BYTES TARE_MIB          /* R */
#define TARE_MAX_SSE_EVENTS 1000000u               /* R: of one answer */
#define TARE_MAX_RETRY_AFTER_MS 300000             /* R: a server may not park a run for longer */
#define TARE_MAX_REPLY_CALLS 1000u                 /* tool calls of one reply */
#define TARE_MAX_IN_FLIGHT 4096u                   /* attempts that wait at once, all runs */
#define TARE_MAX_ENDPOINTS 1024u                   /* of one run */
#define TARE_MAX_SCHEMA_BYTES (8 * TARE_MIB)       /* nine times the largest met in the wild */
#define TARE_MAX_GRAMMAR_NODES 1000000u            /* of one grammar */
#define TARE_MAX_GRAMMAR_RULES 5000u               /* of one grammar in GBNF */
#define TARE_MAX_GRAMMAR_DFA_STATES 4000u          /* of one lexeme: keeps a compile short */
#define TARE_MAX_GUIDE_CONFIGS 4096u               /* readings of one text at once */
#define TARE_MAX_GUIDE_CLOSURE 65536u              /* steps without a byte; ambiguity beyond it */
#define TARE_MAX_GUIDE_DEPTH 4096u                 /* open frames of one reading */
#define TARE_GUIDE_MEMO_BYTES (64 * TARE_MIB)      /* what the guides of a vocabulary remember */
#define TARE_MAX_VOCAB_TOKENS 2000000u             /* seven times the largest in use */
#define TARE_MAX_VOCAB_TOKEN_BYTES 4096u           /* one token; the longest in use have 128 */
#define TARE_MAX_VOCAB_BYTES (64 * TARE_MIB)       /* all tokens together */
#define TARE_MAX_VOCAB_NODES 16000000u             /* a node's size has 24 bits */
#define TARE_MAX_VOCAB_FILE_BYTES (256 * TARE_MIB) /* ten times the largest tokenizer.json */
#define TARE_MAX_GRAMMAR_WORK 4000000u /* steps of one compile: 40 ms, see base/work.h */

#endif
