#include "types/csvmap.h"

#include "base/text.h"
#include "syntax/csv.h"
#include "syntax/json.h"

#define COLUMN_COMMENT (-2)
#define COLUMN_UNKNOWN (-1)

struct reading {
    struct fill fill;
    const struct fieldmap *map;
    const char *format;
    const struct fill_default *implied;
    const struct convert *how;
    struct arena *arena; /* of a record */
    struct why *why;
    struct csv_row header;
    struct csv_row row;
    int column[LIMIT_COLUMN_COUNT]; /* row of the map, or COLUMN_... */
};

/* The row of a keyword that is spelled in lower case, as a database prints its columns; -1 if it is none, or strict. */
static int
find_lower(struct reading *r, struct csv_cell *cell)
{
    for (size_t k = 0; k < r->map->count; k++) {
        const char *keyword = r->map->field[k].keyword;

        if (r->map->block[r->map->field[k].block].part == 1 || !text_equal_nocase(cell->text, keyword))
            continue;
        if (r->how->strict)
            return why_set(r->why, WHY_FIELD_UNKNOWN, cell->line, cell->column, keyword,
                           "not in capitals: expected the column as the source spells it");
        fill_warn(r->how, (struct place){cell->line, cell->column}, keyword,
                  "a column not in capitals: read as it is spelled there");
        return (int)k;
    }
    return -1;
}

/* What each column is; a column that occurs twice would be one value too many. */
static int
take_header(struct reading *r)
{
    uint64_t seen[FIELDMAP_FIELDS_MAX / 64] = {0};

    for (size_t i = 0; i < r->header.count; i++) {
        struct csv_cell *cell = &r->header.cell[i];
        int row;

        cell->text = text_trim(cell->text);
        row = fieldmap_find(r->map, cell->text, false, i);
        if (row < 0)
            row = find_lower(r, cell);
        if (r->why->code != WHY_NONE)
            return -1;
        /* A type that has no place for comments keeps it as any other column. */
        r->column[i] = row >= 0                                                          ? row
                       : r->map->part[0].comments != 0 && span_is(cell->text, "COMMENT") ? COLUMN_COMMENT
                                                                                         : COLUMN_UNKNOWN;
        if (row < 0 && fieldmap_check_name(cell->text, r->why, cell->line, cell->column) != 0)
            return -1;
        if (row >= 0 && seen[row / 64] >> row % 64 & 1)
            return why_set(r->why, WHY_FIELD_DUPLICATE, cell->line, cell->column, r->map->field[row].keyword,
                           "a column occurs twice");
        if (row >= 0)
            seen[row / 64] |= (uint64_t)1 << row % 64;
    }
    return 0;
}

static int
take_cell(struct reading *r, size_t i)
{
    const struct csv_cell *cell = &r->row.cell[i];
    struct place at = {cell->line, cell->column};

    if (r->column[i] >= 0)
        return fill_row(&r->fill, (size_t)r->column[i], cell->text, span_of(NULL, 0), at, at);
    if (text_trim(cell->text).n == 0)
        return 0;
    if (r->column[i] == COLUMN_COMMENT)
        return fill_comment_in(&r->fill, span_str(r->map->block[0].name), text_trim(cell->text), at);
    return fill_put(&r->fill, r->header.cell[i].text, cell->text, span_of(NULL, 0), at, at);
}

static int
take_row(struct reading *r, type_emit_fn *emit, void *cookie)
{
    struct place at = {r->row.cell[0].line, r->row.cell[0].column};

    if (r->row.count != r->header.count)
        return why_set(r->why, WHY_TEXT_SYNTAX, at.line, r->row.cell[r->row.count - 1].column, NULL,
                       "%zu columns: expected %zu, as in the header", r->row.count, r->header.count);
    if (fill_begin(&r->fill, r->map, FILL_TABLE, r->how, r->arena, r->why) != 0)
        return -1;
    for (size_t i = 0; i < r->row.count; i++) {
        if (take_cell(r, i) != 0)
            return -1;
    }
    if (fill_source(&r->fill, r->format, r->row.raw, r->header.raw) != 0 ||
        fill_end(&r->fill, r->implied, at) != 0)
        return -1;
    return fill_emit(&r->fill, emit, cookie);
}

static int
read_rows(struct reading *r, struct csv *csv, struct arena *cells, type_emit_fn *emit, void *cookie)
{
    size_t count = 0;

    if (!csv_next(csv, &r->header))
        return r->why->code != WHY_NONE
                   ? -1
                   : why_set(r->why, WHY_TEXT_SYNTAX, 1, 1, NULL, "empty: expected a header row");
    if (take_header(r) != 0)
        return -1;
    csv->arena = cells;
    for (;;) {
        arena_clear(cells);
        if (!csv_next(csv, &r->row))
            break;
        if (take_row(r, emit, cookie) != 0)
            return -1;
        count++;
    }
    if (r->why->code != WHY_NONE)
        return -1;
    return count > 0 ? 0 : why_set(r->why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no rows behind the header");
}

int
csvmap_read(const struct fieldmap *map, const char *format, const struct fill_default *implied,
            struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
            struct why *why)
{
    struct arena cells; /* of a row: ${a} is cleared when the record begins */
    struct arena own;   /* of the whole file */
    struct reading *r;
    struct csv csv;
    int rc = -1;

    arena_init(&own, LIMIT_ARENA_BODY_BYTES);
    arena_init(&cells, LIMIT_LINE_BYTES * 2);
    r = arena_zalloc(&own, sizeof *r);
    if (r == NULL) {
        why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL, "out of memory");
        goto out;
    }
    *r = (struct reading){
        .map = map, .format = format, .implied = implied, .how = how, .arena = a, .why = why};
    csv_init(&csv, input, &own, why); /* the header's cells live as long as the file */
    rc = read_rows(r, &csv, &cells, emit, cookie);
out:
    arena_release(&cells);
    arena_release(&own);
    return rc;
}

bool
csvmap_has(struct span head, const char *const *keywords, size_t n)
{
    size_t end = 0;

    if (json_is_likely(head)) /* its members have the same names */
        return false;
    while (end < head.n && head.p[end] != '\n' && head.p[end] != '\r')
        end++;
    for (size_t k = 0; k < n; k++) {
        size_t length = strlen(keywords[k]);
        bool is_there = false;

        for (size_t i = 0; !is_there && i + length <= end; i++)
            is_there = text_equal_nocase(span_of(head.p + i, length), keywords[k]) &&
                       (i == 0 || strchr(",\"\xBF ", head.p[i - 1])) &&
                       (i + length == end || strchr(",\" ", head.p[i + length]));
        if (!is_there)
            return false;
    }
    return true;
}

void
csvmap_header(const char *const *columns, struct buf *out)
{
    for (size_t i = 0; columns[i] != NULL; i++)
        buf_put_fmt(out, "%s%s", i > 0 ? "," : "", columns[i]);
    buf_put_str(out, "\n");
}

void
csvmap_row(const struct fieldmap *map, const ProtobufCMessage *msg, const char *const *columns,
           struct buf *out)
{
    for (size_t i = 0; columns[i] != NULL; i++) {
        int row = fieldmap_find(map, span_str(columns[i]), false, i);
        char number[FIELDMAP_NUMBER_MAX];
        struct span value = row >= 0 ? fieldmap_get(&map->field[row], msg, number) : span_of(NULL, 0);

        if (i > 0)
            buf_put_byte(out, ',');
        if (row >= 0 && value.n > 0 &&
            (map->field[row].kind == FIELD_REAL || map->field[row].kind == FIELD_INT ||
             map->field[row].kind == FIELD_COUNT))
            fieldmap_number(out, value);
        else
            csv_put(out, value);
    }
    buf_put_byte(out, '\n');
}
