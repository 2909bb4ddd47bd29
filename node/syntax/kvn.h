/*
 * The grammar of CCSDS `KEYWORD = value` text (502.0-B-3 section 7): lines, keywords, values, comments. What a keyword
 * means is not its business.
 */
#ifndef SYNTAX_KVN_H
#define SYNTAX_KVN_H

#include "base/scan.h"

enum kvn_kind {
    KVN_PAIR,    /* KEYWORD = value */
    KVN_COMMENT, /* COMMENT text */
    KVN_WORD     /* no `=`: META_START, data lines */
};

struct kvn_line {
    enum kvn_kind kind;
    struct span keyword; /* of a pair; the whole line of a word */
    struct span value;   /* of a pair: trimmed; of a comment: the text behind COMMENT and one blank */
    struct span raw;     /* the line with its terminator */
    uint32_t line;
    uint32_t column; /* of the keyword */
    uint32_t value_column;
    bool is_long;       /* over the 254 characters of the standard */
    const uint8_t *odd; /* the first TAB or byte outside ASCII, which the standard forbids; NULL if none */
};

struct kvn {
    struct scan scan;
};

void kvn_init(struct kvn *k, struct span text, struct why *why);

/* The next line that is not blank. False at the end or when ${why} is set (TEXT_ENCODING, TEXT_LIMIT, TEXT_SYNTAX). */
bool kvn_next(struct kvn *k, struct kvn_line *out);

/*
 * Take ` [unit]` from the end of ${value}; ${unit} is what is between the brackets, {NULL, 0} if there are none.
 * Only for values that cannot hold brackets themselves (numbers).
 */
struct span kvn_unit(struct span *value);

/* Is ${keyword} `=` the first thing in ${head}? For probes. */
bool kvn_begins_with(struct span head, const char *keyword);

#endif
