/*
 * A cursor over borrowed text with a sticky error and a place (line and column, 1-based, bytes). Every call is
 * a no-op after the first error: check scan_failed() once at the end. Line ends CR, LF, CR LF are one line end.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include "base/span.h"
#include "base/why.h"

struct scan {
    const uint8_t *p; /* next byte */
    const uint8_t *end;
    const uint8_t *line_start;
    uint32_t line;
    bool is_plain;   /* the line of scan_line() is printable ASCII and blanks, no TAB */
    struct why *why; /* where the first error goes; never NULL */
};

void scan_init(struct scan *s, struct span text, struct why *why);
bool scan_failed(const struct scan *s);
bool scan_end(const struct scan *s); /* at the end of the text, or failed */
uint32_t scan_column(const struct scan *s);

/* The next line without its terminator; false at the end or after an error. A line over ${max} bytes is TEXT_LIMIT. */
bool scan_line(struct scan *s, size_t max, struct span *line);

/* The place of ${at} (inside the current line) becomes the place of the error. Returns -1. */
int scan_fail(struct scan *s, enum why_code code, const uint8_t *at, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

bool scan_byte(struct scan *s, uint8_t c);   /* take ${c} if it is next */
void scan_expect(struct scan *s, uint8_t c); /* take ${c} or fail with TEXT_SYNTAX */
void scan_blanks(struct scan *s);            /* skip spaces and TABs */
struct span scan_until(struct scan *s,
                       const char *stops); /* up to, not including, any byte of ${stops} or a line end */

#endif
