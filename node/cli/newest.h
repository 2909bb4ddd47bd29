/* The newest records of one type, page after page. */
#ifndef CLI_NEWEST_H
#define CLI_NEWEST_H

#include "base/buf.h"
#include "base/utc.h"
#include "cli/client.h"

typedef void newest_take_fn(void *cookie, const Parallax__V1__RecordRow *row);

/* All that ${q} asks for, its cursor aside, each to ${take}. EXIT_DONE, or the exit code after saying what is wrong. */
int newest_each(struct client *c, Parallax__V1__QueryRequest q, newest_take_fn *take, void *cookie);

/* Texts that are sorted before they are shown: the newest first, by the text where they are of one time. */
struct newest_list {
    struct newest_line *line;
    size_t n;
};
void newest_add(struct newest_list *l, struct utc time, struct buf *text);
/* Print and free them. */
void newest_print(struct newest_list *l);

#endif
