/* Manoeuvres of an OCM or OPM, for people. */
#include "types/maneuver/maneuver_map.h"

#include "types/ocm.h"

static void
put_line(const char *indent, struct span label, struct span value, struct span unit, struct buf *out)
{
    buf_put_str(out, indent);
    buf_put_span(out, label);
    for (size_t n = label.n; n < 26; n++)
        buf_put_byte(out, ' ');
    buf_put_span(out, value);
    if (unit.n > 0) {
        buf_put_byte(out, ' ');
        buf_put_span(out, unit);
    }
    buf_put_byte(out, '\n');
}

/* A line of data: each column behind the name that MAN_COMPOSITION gives it. */
static void
put_columns(struct span names, struct span text, struct buf *out)
{
    struct span column[BLOCKMAP_COLUMNS_MAX];
    size_t n = blockmap_columns(text, column, BLOCKMAP_COLUMNS_MAX);

    for (size_t i = 0; i < n && i < BLOCKMAP_COLUMNS_MAX; i++)
        put_line(i == 0 ? "\n  " : "    ", ocm_name(names, i), column[i], span_of(NULL, 0), out);
}

static void
put_block(const Parallax__V1__Block *block, struct buf *out)
{
    struct span names = blockmap_value(block, "MAN_COMPOSITION");

    buf_put_byte(out, '\n');
    for (size_t i = 0; i < block->n_items; i++) {
        const Parallax__V1__Item *item = block->items[i];

        if (*item->keyword == 0)
            put_columns(names, span_str(item->value), out);
        else
            put_line("  ", span_str(item->keyword), span_str(item->value), span_str(item->unit), out);
    }
}

int
maneuver_text(const Parallax__V1__Maneuver *m, struct buf *out)
{
    static const char *const shown[] = {"header", "metadata", "maneuver", "man"};

    buf_put_fmt(out, "Manoeuvres of an %s\n", strcmp(m->form, maneuver_ocm.form) == 0 ? "OCM" : "OPM");
    for (size_t i = 0; i < m->n_blocks; i++) {
        for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
            if (strcmp(m->blocks[i]->name, shown[k]) == 0)
                put_block(m->blocks[i], out);
        }
    }
    buf_put_byte(out, '\n');
    return 0;
}
