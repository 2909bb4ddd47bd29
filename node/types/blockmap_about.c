#include "types/blockmap_about.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "types/alias.h"
#include "types/designator.h"

const Parallax__V1__Block *
blockmap_first(Parallax__V1__Block *const *block, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(block[i]->name, name) == 0)
            return block[i];
    }
    return NULL;
}

size_t
blockmap_lines(Parallax__V1__Block *const *block, size_t n, const char *name)
{
    size_t lines = 0;

    for (size_t i = 0; i < n; i++) {
        bool is_named = strcmp(block[i]->name, name) == 0;

        for (size_t k = 0; is_named && k < block[i]->n_items; k++)
            lines += *block[i]->items[k]->keyword == 0;
    }
    return lines;
}

int
blockmap_subject(const struct block_about *about, struct subject *out)
{
    struct span id = designator_is_cospar(about->cospar) ? about->cospar
                     : about->name.n > 0                 ? about->name
                     : about->number.n > 0               ? about->number
                                                         : about->cospar;
    uint64_t number = designator_norad(about->number);
    unsigned objects = 0;
    char key[256];

    *out = (struct subject){0};
    if (id.n == 0)
        id = span_str("unnamed");
    (void)snprintf(key, sizeof key, "%s %.*s", about->form, (int)(id.n < 100 ? id.n : 100),
                   (const char *)id.p);
    designator_key(key, out->key, sizeof out->key - 12);
    if (about->piece > 0)
        (void)snprintf(out->key + strlen(out->key), 12, "#%" PRIu32, about->piece);
    if (designator_is_cospar(about->cospar))
        (void)snprintf(out->object[objects++], sizeof out->object[0], "cospar:%.*s", (int)about->cospar.n,
                       (const char *)about->cospar.p);
    if (number > 0 &&
        (text_equal_nocase(about->catalog, "SATCAT") || text_equal_nocase(about->catalog, "CSPOC")))
        (void)snprintf(out->object[objects], sizeof out->object[0], "norad:%" PRIu64, number);
    out->epoch = designator_utc(about->start, about->system);
    return 0;
}

void
blockmap_identity(const struct block_about *about, struct buf *out)
{
    alias_put_catalog(out, about->catalog, about->number);
    alias_put_cospar(out, about->cospar);
    alias_put_name(out, about->name);
    alias_end(out);
}

void
blockmap_put_times(const struct block_about *about, struct buf *out)
{
    if (about->start.n > 0)
        buf_put_fmt(out, " from %.*s", (int)about->start.n, (const char *)about->start.p);
    if (about->stop.n > 0 && !num_is_decimal(about->stop))
        buf_put_fmt(out, " to %.*s", (int)about->stop.n, (const char *)about->stop.p);
}

void
blockmap_put_piece(const struct block_about *about, struct buf *out)
{
    if (about->piece > 0)
        buf_put_fmt(out, ", piece %" PRIu32, about->piece);
}
