/* The logs that a node holds, for people and programs. */
#ifndef CLI_LOGS_H
#define CLI_LOGS_H

#include "cli/client.h"

/* All logs of a node, in order by origin, series, id. */
struct logs {
    Parallax__V1__LogStatus **log; /* into the pages */
    size_t n;
    Parallax__V1__Answer **page;
    size_t pages_n;
};
/* EXIT_DONE, or another code after saying what is wrong; released with logs_release in both cases. */
int logs_ask(struct client *c, struct logs *all);
void logs_release(struct logs *all);
void logs_sort(Parallax__V1__LogStatus **logs, size_t n);

/*
 * One JSON object. What nodes that hold the same agree on comes first: id, origin, series, size, root,
 * head_size, closed; then state, and with ${all} what only this node knows.
 */
void logs_json(const Parallax__V1__LogStatus *log, bool all, struct buf *out);
/* A table to standard output: complete up to where, as of when, behind by how much. ${now_ms} is the node's
 * clock; 0 = ours. */
void logs_print(const Parallax__V1__LogStatus *const *logs, size_t n, int64_t now_ms);

#endif
