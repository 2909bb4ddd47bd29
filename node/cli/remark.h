/* What a person says of an event: a consultation or a receipt, made from options, checked as any file is, signed by the node. */
#ifndef CLI_REMARK_H
#define CLI_REMARK_H

#include "cli/client.h"
#include "base/limit.h"
#include "base/utc.h"
#include "core/record.h"

/* One JSON object as it grows. */
struct remark {
    const struct args *args;
    const char *format;            /* "receipt-json" */
    uint8_t key[32];               /* idempotency key: random until the caller sets another */
    const char *issuer, *audience; /* NULL: the node, open */
    char issued[UTC_TEXT_MAX];
    struct buf json;
};

/* A notice of the form ${notice} ("RECEIPT/1"). Released with remark_release. */
void remark_init(struct remark *r, const struct args *a, const char *format, const char *notice);
void remark_release(struct remark *r);
/* One member; none when ${value} is NULL or "". */
void remark_put(struct remark *r, const char *keyword, const char *value);
/* The same of a number, its digits as they are. 0, or -1 when it is none. */
int remark_put_number(struct remark *r, const char *keyword, const char *value);
/* The value of an option under the name of its member. */
void remark_put_option(struct remark *r, const char *keyword, const char *option);
/* `id` and `issued` (now), the id ending in ${word}; `issuer`, else ${node}. */
void remark_put_head(struct remark *r, const char *word, const char *node);

/* Check it, publish it in its audience and in ${mode}, and give the record's id. EXIT_DONE, or the exit code after saying what is wrong. */
int remark_send(struct remark *r, struct client *c, Parallax__V1__Mode mode, char id[RECORD_ID_TEXT_MAX]);

/* Name of the node. EXIT_DONE or another code. */
int remark_node(struct client *c, char name[LIMIT_NAME_BYTES + 1]);

#endif
