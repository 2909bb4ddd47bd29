/*
 * Where a plugin goes on: (store incarnation, delivery number), in a small text file that is replaced in one step and is on disk when the call
 * returns. And the order to go on from elsewhere, which `parallax plugin replay` writes.
 */
#ifndef PLUG_CURSOR_H
#define PLUG_CURSOR_H

#include "base/buf.h"

#define CURSOR_INCARNATION_BYTES 16
#define CURSOR_TEXT_MAX          160

struct cursor {
    bool known; /* false: it never got anything */
    uint8_t incarnation[CURSOR_INCARNATION_BYTES];
    uint64_t number; /* acknowledged, or not for it, up to here */
};

void cursor_print(const struct cursor *c, struct buf *out);
int cursor_parse(struct span text, struct cursor *c); /* 0 or -1 */

/* 0; 1 = no such file: not known; -1 = it cannot be read, or is no cursor: number 0 of no incarnation, so that all is given again. */
int cursor_load(const char *path, struct cursor *c);
/* 0, or -1 with errno. */
int cursor_store(const char *path, const struct cursor *c);

/* "from start" or "from NUMBER": the record that comes next. */
void cursor_print_order(uint64_t next, struct buf *out);
int cursor_parse_order(struct span text, uint64_t *next);

#endif
