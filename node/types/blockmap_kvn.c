/* Messages of blocks as KEYWORD = value (502.0-B-3 section 7, 503.0-B-2 section 4). */
#include <stdio.h>
#include <string.h>

#include "syntax/kvn.h"
#include "types/blockmap_build.h"

struct reading {
    struct block_build build;
    const struct blockmap *newest; /* version of the form */
    const struct blockmap *map;    /* the one of this message */
    struct kvn kvn;
    const struct convert *how;
    struct why *why;
    bool is_begun;        /* any message */
    const uint8_t *first; /* of the message, or of this piece */
    const uint8_t *data;  /* its first line of data; NULL: none came */
    const uint8_t *end;   /* behind the last line */
    struct span header;   /* its lines */
    struct span metadata; /* lines of this segment's, with their words */
    struct span head;     /* lines of the open block before its data */
    bool is_head;         /* none of that came yet */
    struct buf preamble;  /* of the next piece */
    const struct block_kind
        *outer; /* the block around those that stand inside it; NULL: none, or it is the open one */
};

static struct span
between(const uint8_t *from, const uint8_t *to)
{
    return span_of(from, (size_t)(to - from));
}

static int
fail(struct reading *r, struct place at, const char *what, const char *expected)
{
    return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, NULL, "%s: expected %s", what, expected);
}

/* The word without which a block does not end; NULL: there is none. */
static const char *
stop_of(const struct block_kind *kind)
{
    return kind->flags & BLOCK_BARE ? NULL : kind->stop;
}

/* The word that must come before another block may begin; NULL: one may. */
static const char *
awaited(const struct reading *r)
{
    if (r->build.block != NULL)
        return stop_of(r->build.walk.kind);
    return r->outer != NULL ? r->outer->stop : NULL;
}

static int
end_message(struct reading *r, struct place at)
{
    if (awaited(r) != NULL)
        return fail(r, at, "the message is cut off", awaited(r));
    return blockmap_build_end(&r->build, buf_span(&r->preamble), between(r->first, r->end), span_of(NULL, 0),
                              at);
}

static int
begin_message(struct reading *r, const struct kvn_line *line, struct place at)
{
    bool is_next = r->is_begun;

    if (is_next && end_message(r, at) != 0)
        return -1;
    r->is_begun = true;
    r->outer = NULL;
    r->map = r->build.map = blockmap_for(r->newest, line->value);
    r->first = line->raw.p;
    r->header = span_of(line->raw.p, 0);
    r->data = NULL;
    buf_clear(&r->preamble);
    if (blockmap_build_begin(&r->build, at) != 0)
        return -1;
    if (is_next && r->how->strict) /* 505.0-B: only XML can combine messages */
        return fill_tolerate(&r->build.fill, WHY_TEXT_SYNTAX, at, r->map->kind[0].field[0].keyword,
                             "a second message: KVN has no combined form");
    return 0;
}

static int
note_line(struct reading *r, const struct kvn_line *line, struct place at)
{
    if (line->is_long && !r->map->has_long_lines &&
        fill_tolerate(&r->build.fill, WHY_TEXT_LIMIT, at, NULL, "a line is longer than %d characters",
                      LIMIT_KVN_LINE_BYTES) != 0)
        return -1;
    if (line->odd == NULL)
        return 0;
    return fill_tolerate(&r->build.fill, WHY_TEXT_ENCODING, at, NULL, "%s: expected printable ASCII",
                         *line->odd == '\t' ? "a TAB, which is read as a blank"
                                            : "a character outside ASCII");
}

/* The message is too long for one record: cut before this segment. */
static int
cut_segment(struct reading *r, const struct kvn_line *line, struct place at)
{
    int rc = blockmap_build_next(&r->build, buf_span(&r->preamble), between(r->first, line->raw.p),
                                 span_of(NULL, 0), at);

    buf_clear(&r->preamble);
    buf_put_span(&r->preamble, r->header);
    r->first = line->raw.p;
    r->data = NULL;
    return rc;
}

/* A block begins at ${line}: its lines are kept in view, for pieces. */
static int
open_block(struct reading *r, const struct block_kind *kind, const struct kvn_line *line, struct place at)
{
    const struct block_kind *around = r->build.block != NULL ? r->build.walk.kind : r->outer;
    bool is_inside = (kind->flags & BLOCK_INSIDE) && around == kind - 1;

    if (!is_inside && awaited(r) != NULL)
        return fail(r, at, "a block within a block", awaited(r));
    r->outer = is_inside ? around : NULL;
    if (is_inside && r->build.block != NULL && blockmap_build_comments(&r->build, at) != 0)
        return -1; /* those before its word are of the block around it */
    if ((kind->flags & BLOCK_SEGMENT) && r->data != NULL &&
        blockmap_build_is_long(&r->build, (size_t)(line->raw.p - r->data)) && cut_segment(r, line, at) != 0)
        return -1;
    r->head = span_of(line->raw.p, 0);
    r->is_head = true;
    if (kind->flags & BLOCK_SEGMENT)
        r->metadata = r->head;
    return blockmap_build_open(&r->build, kind, at);
}

static int
take_word(struct reading *r, const struct kvn_line *line, struct place at, bool *is_taken)
{
    const struct block_kind *now = r->build.block != NULL ? r->build.walk.kind : NULL;

    *is_taken = true;
    for (size_t i = 0; i < r->map->kinds; i++) {
        const struct block_kind *kind = &r->map->kind[i];

        if (kind->start != NULL && span_is(line->keyword, kind->start))
            return open_block(r, kind, line, at);
        if (kind->stop == NULL || !span_is(line->keyword, kind->stop))
            continue;
        if (now == NULL && r->outer == kind) {
            r->outer = NULL;
            return 0;
        }
        if (now != kind)
            return fail(r, at, "the end of a block that is not open",
                        awaited(r) != NULL ? awaited(r) : kind->start);
        if (blockmap_build_comments(&r->build, at) != 0 || blockmap_build_close(&r->build, at) != 0)
            return -1;
        if (kind->flags & BLOCK_SEGMENT)
            r->metadata = between(r->metadata.p, line->raw.p + line->raw.n);
        return 0;
    }
    *is_taken = false;
    return 0;
}

/* The block that begins without a word where lines of data stand: of an OEM, behind its metadata. */
static const struct block_kind *
implicit(const struct reading *r)
{
    for (size_t i = 1; i < r->map->kinds; i++) {
        if (r->map->kind[i].start == NULL && r->map->kind[i].lines != BLOCK_NO_LINES)
            return &r->map->kind[i];
    }
    return NULL;
}

/* The message is too long for one record: cut before this line. */
static int
cut(struct reading *r, const struct kvn_line *line, struct place at)
{
    const struct block_kind *kind = r->build.walk.kind;
    struct buf preamble;
    int rc;

    buf_init(&preamble, LIMIT_BODY_BYTES);
    buf_put_span(&preamble, r->header);
    buf_put_span(&preamble, r->metadata);
    buf_put_span(&preamble, r->head);
    rc = blockmap_build_cut(&r->build, buf_span(&r->preamble), between(r->first, line->raw.p),
                            kind->stop != NULL ? span_str(kind->stop) : span_of(NULL, 0), at);
    buf_release(&r->preamble);
    r->preamble = preamble;
    r->first = r->data = line->raw.p;
    return rc;
}

static int
take_data(struct reading *r, const struct kvn_line *line, struct place at, struct span keyword,
          struct span text)
{
    const struct block_kind *kind = implicit(r);

    if (kind != NULL && (r->build.block == NULL || r->build.walk.at == 0) && r->build.walk.segments > 0) {
        if (open_block(r, kind, line, at) != 0)
            return -1;
        r->head = span_of(r->metadata.p + r->metadata.n, 0); /* comments stand between the two */
    }
    if (r->is_head)
        r->head = between(r->head.p, line->raw.p);
    r->is_head = false;
    kind = r->build.block != NULL ? r->build.walk.kind : NULL;
    if (kind != NULL && (kind->lines == BLOCK_COLUMNS || kind->lines == BLOCK_TAGGED) &&
        r->build.walk.lines > 0 && r->data != NULL &&
        ((size_t)(line->raw.p - r->data) > BLOCKMAP_PIECE_BYTES ||
         r->build.walk.lines >= BLOCKMAP_PIECE_LINES) &&
        cut(r, line, at) != 0)
        return -1;
    if (r->data == NULL)
        r->data = line->raw.p;
    return blockmap_build_line(&r->build, keyword, text, false, at);
}

/* Where a keyword of a form without words for its blocks belongs: here, further on, or before. NULL: nowhere. */
static const struct block_kind *
flat_kind(const struct reading *r, struct span keyword)
{
    const struct block_kind *found = NULL;

    for (size_t i = 0; i < r->map->kinds; i++) {
        const struct block_kind *kind = &r->map->kind[i];
        bool is_user =
            (kind->flags & BLOCK_USER) && keyword.n > 13 && memcmp(keyword.p, "USER_DEFINED_", 13) == 0;

        if ((kind->start != NULL && !(kind->flags & BLOCK_BARE)) ||
            (!is_user && blockmap_find(kind->field, kind->count, keyword) < 0))
            continue;
        if (kind == r->build.walk.kind)
            return kind;
        if (found == NULL || (size_t)(found - r->map->kind) < r->build.walk.at)
            found = kind;
    }
    return found;
}

static int
take_pair(struct reading *r, const struct kvn_line *line, struct place at)
{
    const struct block_kind *kind = r->build.block != NULL ? r->build.walk.kind : NULL;
    struct place value_at = {line->line, line->value_column};
    struct span value = line->value, unit = span_of(NULL, 0);
    int row;

    if (r->map->is_flat && (kind == NULL || stop_of(kind) == NULL)) {
        const struct block_kind *where = flat_kind(r, line->keyword);

        if (where != NULL && where != kind && blockmap_build_open(&r->build, where, at) != 0)
            return -1;
        kind = r->build.walk.kind;
    }
    if (kind != NULL && kind->lines == BLOCK_TAGGED &&
        blockmap_find_tag(&r->build.walk, kind, line->keyword) >= 0)
        return take_data(r, line, at, line->keyword, value);
    row = kind != NULL ? blockmap_find(kind->field, kind->count, line->keyword) : -1;
    if (row >= 0 && kind->field[row].kind != FIELD_TEXT && kind->field[row].kind != FIELD_WORD)
        unit = kvn_unit(&value);
    return blockmap_build_pair(&r->build, line->keyword, value, unit, at, value_at);
}

static int
take_line(struct reading *r, const struct kvn_line *line)
{
    struct place at = {line->line, line->column};
    const char *version = r->map->kind[0].field[0].keyword;
    struct span word = span_of(line->keyword.p, 0); /* the first; no blank is before it */
    bool is_taken;

    if (line->kind == KVN_PAIR && span_is(line->keyword, version) && begin_message(r, line, at) != 0)
        return -1;
    if (!r->is_begun)
        return fail(r, at, "no version on the first line", version);
    if (note_line(r, line, at) != 0)
        return -1;
    if (line->kind == KVN_COMMENT)
        return blockmap_build_comment(&r->build, line->value, at);
    if (line->kind == KVN_PAIR)
        return take_pair(r, line, at);
    if (r->build.walk.at == 0)
        r->header = between(r->header.p, line->raw.p);
    if (take_word(r, line, at, &is_taken) != 0 || is_taken)
        return is_taken && r->why->code != WHY_NONE ? -1 : 0;
    while (word.n < line->keyword.n && line->keyword.p[word.n] != ' ' && line->keyword.p[word.n] != '\t')
        word.n++;
    if (blockmap_build_is_continued(&r->build, word))
        return blockmap_build_continue(&r->build, line->keyword, at);
    return take_data(r, line, at, span_of(NULL, 0), line->keyword);
}

int
blockmap_read_kvn(const struct blockmap *map, const char *format, struct span input,
                  const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
                  struct why *why)
{
    struct reading r = {.newest = map, .map = map, .how = how, .why = why};
    struct kvn_line line = {.line = 0};
    int rc = 0;

    blockmap_build_init(&r.build, map, format, how, a, emit, cookie, why);
    buf_init(&r.preamble, LIMIT_BODY_BYTES);
    kvn_init(&r.kvn, input, why);
    while (rc == 0 && kvn_next(&r.kvn, &line)) {
        rc = take_line(&r, &line);
        r.end = line.raw.p + line.raw.n;
    }
    if (why->code != WHY_NONE)
        rc = -1;
    if (rc == 0 && !r.is_begun)
        rc = why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "empty: expected %s on the first line",
                     map->kind[0].field[0].keyword);
    if (rc == 0)
        rc = end_message(&r, (struct place){line.line, 1});
    buf_release(&r.preamble);
    blockmap_build_release(&r.build);
    return rc;
}

struct writing {
    const struct blockmap *map;
    const struct convert *how;
    struct buf *out;
    struct why *why;
};

static int
end_line(struct writing *w, const char *keyword, size_t start)
{
    size_t n = w->out->n - start;

    if (n > LIMIT_KVN_LINE_BYTES && !w->map->has_long_lines) {
        if (w->how->strict)
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, keyword, "a line of %zu characters: KVN holds %d",
                           n, LIMIT_KVN_LINE_BYTES);
        fill_warn(w->how, (struct place){0}, keyword, "a line of %zu characters: the standard allows %d", n,
                  LIMIT_KVN_LINE_BYTES);
    }
    buf_put_byte(w->out, '\n');
    return 0;
}

static int
write_item(struct writing *w, const struct block_kind *kind, const Parallax__V1__Item *item)
{
    size_t start = w->out->n;
    int row = blockmap_find(kind->field, kind->count, span_str(item->keyword));

    if (*item->keyword == 0) {
        buf_put_str(w->out, item->value);
    } else if (strcmp(item->keyword, "COMMENT") == 0) {
        buf_put_fmt(w->out, "COMMENT%s%s", *item->value != 0 ? " " : "", item->value);
    } else {
        if (row < 0 && !(kind->flags & BLOCK_USER) && !blockmap_is_line(kind, item)) {
            if (w->how->strict)
                return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, item->keyword, "not a keyword of the standard");
            fill_warn(w->how, (struct place){0}, item->keyword,
                      "not a keyword of the standard: written as it is");
        }
        buf_put_fmt(w->out, "%s = %s", item->keyword, item->value);
        if (*item->unit != 0 && row >= 0)
            buf_put_fmt(w->out, " [%s]", item->unit);
    }
    return end_line(w, *item->keyword != 0 ? item->keyword : "line", start);
}

/* A block ends behind those that stand inside it. */
static void
end_block(struct buf *out, const struct block_kind *kind, const struct block_kind *next)
{
    bool is_inside = (kind->flags & BLOCK_INSIDE) != 0;
    bool goes_inside = next != NULL && (next->flags & BLOCK_INSIDE);

    if (stop_of(kind) != NULL && !(goes_inside && !is_inside))
        buf_put_fmt(out, "%s\n", kind->stop);
    if (is_inside && !goes_inside)
        buf_put_fmt(out, "%s\n", kind[-1].stop);
}

/* Has another block of the form this keyword? */
static bool
is_elsewhere(const struct blockmap *map, struct span keyword)
{
    for (size_t i = 0; i < map->kinds; i++) {
        if (blockmap_find(map->kind[i].field, map->kind[i].count, keyword) >= 0)
            return true;
    }
    return false;
}

/*
 * Does a reader see that what ${block} holds is of it? A word says so. Without one, a block begins with its first keyword of the standard
 * or its first line, and ends with its last; and a keyword of another block begins that.
 */
static int
check_bounds(struct writing *w, const struct block_kind *kind, const Parallax__V1__Block *block, bool is_last)
{
    bool has_word = kind == w->map->kind || (kind->start != NULL && !(kind->flags & BLOCK_BARE));
    bool begins = has_word;

    for (size_t i = 0; i < block->n_items; i++) {
        const Parallax__V1__Item *item = block->items[i];
        struct span keyword = span_str(item->keyword);

        if (span_is(keyword, "COMMENT"))
            continue;
        if (keyword.n == 0 || blockmap_is_line(kind, item) ||
            blockmap_find(kind->field, kind->count, keyword) >= 0 ||
            ((kind->flags & BLOCK_USER) && keyword.n > 13 && memcmp(keyword.p, "USER_DEFINED_", 13) == 0))
            begins = true;
        else if (!begins || (w->map->is_flat && is_elsewhere(w->map, keyword)))
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, item->keyword,
                           "not a keyword of the block, which has no word to begin it");
    }
    if (!begins)
        return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, kind->name,
                       "nothing but comments in a block that has no word to begin it");
    if (is_last || stop_of(kind) != NULL || block->n_items == 0 ||
        strcmp(block->items[block->n_items - 1]->keyword, "COMMENT") != 0)
        return 0;
    return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, "COMMENT", "the last of a block that ends without a word");
}

int
blockmap_write_kvn(const struct blockmap *map, const ProtobufCMessage *msg, const struct convert *how,
                   struct buf *out, struct why *why)
{
    struct writing w = {map, how, out, why};
    Parallax__V1__Block **list;
    size_t n = blockmap_blocks(map, msg, &list);
    const struct block_kind *before = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct block_kind *kind = blockmap_kind(map, list[i]->name);
        const struct block_kind *next = i + 1 < n ? blockmap_kind(map, list[i + 1]->name) : NULL;
        const char *word = kind->flags & BLOCK_BARE ? NULL : kind->start;
        bool goes_on = (kind->flags & BLOCK_AGAIN) != 0;
        size_t version = i == 0 ? 0 : SIZE_MAX;

        if (check_bounds(&w, kind, list[i], next == NULL) != 0)
            return -1;
        if (word != NULL && !(goes_on && before == kind))
            buf_put_fmt(out, "%s\n", word);
        /* The version comes before any comment. */
        for (size_t k = 0; version == 0 && k < list[i]->n_items; k++) {
            if (strcmp(list[i]->items[k]->keyword, kind->field[0].keyword) == 0 &&
                write_item(&w, kind, list[i]->items[version = k]) != 0)
                return -1;
        }
        for (size_t k = 0; k < list[i]->n_items; k++) {
            if ((i != 0 || strcmp(list[i]->items[k]->keyword, kind->field[0].keyword) != 0) &&
                write_item(&w, kind, list[i]->items[k]) != 0)
                return -1;
        }
        if (!(goes_on && next == kind))
            end_block(out, kind, next);
        before = kind;
    }
    return 0;
}
