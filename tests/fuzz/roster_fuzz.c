/* Rosters: what is read can be written and read again, and then is the same. */
#include <stdlib.h>

#include "core/roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void
write_again(const struct roster *r)
{
    struct roster *again = roster_new();
    struct buf first;
    struct buf second;

    buf_init(&first, LIMIT_ROSTER_BYTES * 2);
    buf_init(&second, LIMIT_ROSTER_BYTES * 2);
    roster_write(r, &first);
    if (first.n <= LIMIT_ROSTER_BYTES) { /* quotes may have made it longer */
        require(roster_parse_text(buf_span(&first), again, NULL) == 0);
        roster_write(again, &second);
        require(span_equal(buf_span(&first), buf_span(&second)));
    }
    buf_release(&first);
    buf_release(&second);
    roster_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    struct roster *r = roster_new();
    struct why why = {.code = WHY_NONE};
    struct span text;
    struct span lines;

    secret_start();
    roster_split(input, &text, &lines);
    require(text.n + lines.n <= size);
    if (roster_parse_text(text, r, &why) == 0) {
        write_again(r);
        require(roster_signatures(input, r) <= r->stewards_n);
        (void)roster_check(input, r, NULL, NULL);
    } else {
        require(why.code == WHY_ROSTER_SHAPE || why.code == WHY_ROSTER_VALUE);
    }
    roster_free(r);
    return 0;
}
