/* The logs that a node holds, for people and programs. */
#ifndef CLI_LOGS_H
#define CLI_LOGS_H

#include "api.pb-c.h"
#include "base/buf.h"

/*
 * One JSON object. What nodes that hold the same agree on comes first: id, origin, series, size, root,
 * head_size, closed; then state, and with ${all} what only this node knows.
 */
void logs_json(const Parallax__V1__LogStatus *log, bool all, struct buf *out);
/* Put into the one order by origin, series, id. */
void logs_sort(Parallax__V1__LogStatus **logs, size_t n);
/* A table to standard output: complete up to where, as of when, behind by how much. ${now_ms} is the node's
 * clock; 0 = ours. */
void logs_print(const Parallax__V1__LogStatus *const *logs, size_t n, int64_t now_ms);

#endif
