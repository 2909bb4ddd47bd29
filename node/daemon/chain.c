#include "daemon/chain.h"
#include "base/file.h"
#include "base/mem.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void
chain_release(struct chain *c)
{
    for (size_t i = 0; i < c->n; i++)
        buf_release(&c->note[i]);
    free(c->note);
    free(c->roster);
    memset(c, 0, sizeof(*c));
}

/* One more note at the end of the chain. 1 when there is no such file. */
static int
load_one(struct chain *c, const char *file, struct why *why)
{
    struct roster *r;
    struct buf note;

    buf_init(&note, LIMIT_ROSTER_BYTES);
    if (file_read(file, &note) != 0) {
        int missing = errno == ENOENT;
        if (!missing)
            why_set(why, WHY_ROSTER_SHAPE, 0, 0, NULL, "cannot be read: %s", strerror(errno));
        buf_release(&note);
        return missing ? 1 : -1;
    }
    r = mem_new(sizeof(*r));
    if (roster_parse(buf_span(&note), r, why) != 0 || roster_check(buf_span(&note), r, c->roster, why) != 0) {
        free(r);
        buf_release(&note);
        return -1;
    }
    c->note = mem_resize(c->note, (c->n + 1) * sizeof(*c->note));
    c->note[c->n++] = note;
    free(c->roster);
    c->roster = r;
    return 0;
}

int
chain_load(struct chain *c, const char *folder, char *file, size_t file_n, struct why *why)
{
    int got = 0;

    memset(c, 0, sizeof(*c));
    while (got == 0 && c->n < CHAIN_NOTES_MAX) {
        snprintf(file, file_n, "%s/%06zu.note", folder, c->n + 1);
        got = load_one(c, file, why);
    }
    if (got == 1 && c->n == 0)
        why_set(why, WHY_ROSTER_SHAPE, 0, 0, NULL,
                "not there: expected a signed roster (parallax roster install)");
    if (got < 0 || c->n == 0) {
        chain_release(c);
        return -1;
    }
    return 0;
}
