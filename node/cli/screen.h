/* What people see: colours and progress on terminals only, untrusted text quoted, columns that line up. */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdint.h>
#include <stdio.h>
#include "base/buf.h"

enum screen_tone { TONE_PLAIN, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_FAINT };

bool screen_is_terminal(FILE *f);
/* The escape sequence that begins ${tone}; "" when ${f} is no terminal or NO_COLOR is set. */
const char *screen_tone(FILE *f, enum screen_tone tone);

/* Append ${s} as it is when it is printable ASCII, else quoted. */
void screen_text(struct buf *out, const char *s);
/* Append "[EXERCISE] " unless ${mode} (a Mode of record.proto) is REAL. */
void screen_mode(struct buf *out, int mode);
/* Append a span of time in words: "12 s", "3 min", "2 h 05 min", "4 days". */
void screen_age(struct buf *out, int64_t ms);
/* Append POSIX milliseconds as ISO 8601; "never" for 0. */
void screen_time(struct buf *out, int64_t ms);
/* Write ${b} to standard output and empty it. */
void screen_flush(struct buf *b);

/* Rows of cells, printed in columns. */
#define SCREEN_COLUMNS_MAX 12
struct screen_table {
    size_t columns;
    size_t rows;
    size_t width[SCREEN_COLUMNS_MAX];
    struct buf cells; /* NUL-terminated one after the other */
};
void screen_table_init(struct screen_table *t, size_t columns, const char *const *titles);
void screen_table_cell(struct screen_table *t,
                       const char *text);        /* row by row; control characters never reach it */
void screen_table_print(struct screen_table *t); /* to standard output; releases it */

/* A bar with a rate on standard error, after a second of work, when that is a terminal. */
struct screen_progress {
    const char *what; /* "records" */
    uint64_t total, done;
    int64_t start_ms, shown_ms;
};
void screen_progress_start(struct screen_progress *p, const char *what, uint64_t total);
void screen_progress_step(struct screen_progress *p, uint64_t n);
void screen_progress_end(struct screen_progress *p);

#endif
