#include "types/blockmap_build.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"
#include "types/fill_value.h"
#include "wire/unpack.h"

void
blockmap_build_init(struct block_build *b, const struct blockmap *map, const char *format,
                    const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
                    struct why *why)
{
    *b = (struct block_build){.map = map, .format = format, .emit = emit, .cookie = cookie};
    b->fill = (struct fill){.how = how, .arena = a, .why = why};
    buf_init(&b->frame, LIMIT_BODY_BYTES);
}

void
blockmap_build_release(struct block_build *b)
{
    buf_release(&b->frame);
}

static void *
new_message(struct block_build *b, const ProtobufCMessageDescriptor *schema, struct place at)
{
    ProtobufCMessage *msg = arena_alloc(b->fill.arena, schema->sizeof_message);

    if (msg == NULL)
        fill_full(&b->fill, at);
    else
        schema->message_init(msg);
    return msg;
}

/* An array of pointers with room for one more. NULL when the arena is full. */
static void *
grow(struct block_build *b, void *list, size_t n, size_t *room, struct place at)
{
    void *grown;

    if (n < *room)
        return list;
    *room = n == 0 ? 16 : 2 * n;
    grown = arena_alloc(b->fill.arena, *room * sizeof(void *));
    if (grown == NULL)
        fill_full(&b->fill, at);
    else if (n > 0)
        memcpy(grown, list, n * sizeof(void *));
    return grown;
}

static int
add_block(struct block_build *b, Parallax__V1__Block *block, struct place at)
{
    Parallax__V1__Block **list;
    size_t n = blockmap_blocks(b->map, b->msg, &list);

    if (n == BLOCKMAP_BLOCKS_MAX)
        return why_set(b->fill.why, WHY_TEXT_LIMIT, at.line, at.column, NULL,
                       "more than %d blocks: expected several messages", BLOCKMAP_BLOCKS_MAX);
    list = grow(b, list, n, &b->blocks_room, at);
    if (list == NULL)
        return -1;
    list[n++] = block;
    memcpy((char *)b->msg + b->map->n_blocks, &n, sizeof n);
    memcpy((char *)b->msg + b->map->blocks, &list, sizeof list);
    return 0;
}

static int
begin_empty(struct block_build *b, struct place at)
{
    const char *form = b->map->form;

    arena_clear(b->fill.arena);
    b->is_changed = false;
    b->pending = NULL;
    b->block = NULL;
    b->blocks_room = 0;
    b->msg = new_message(b, b->map->schema, at);
    if (b->msg == NULL)
        return -1;
    memcpy((char *)b->msg + b->map->form_at, &form, sizeof form);
    blockmap_walk(&b->walk, b->map, b->fill.why);
    b->is_open = true;
    return 0;
}

int
blockmap_build_begin(struct block_build *b, struct place at)
{
    b->start = at;
    b->piece = 0;
    return begin_empty(b, at) != 0 ? -1 : blockmap_build_open(b, b->map->kind, at);
}

int
blockmap_build_open(struct block_build *b, const struct block_kind *kind, struct place at)
{
    if (blockmap_build_close(b, at) != 0)
        return -1;
    b->block = new_message(b, &parallax__v1__block__descriptor, at);
    if (b->block == NULL)
        return -1;
    b->block->name =
        (char *)(uintptr_t)kind->name; /* protobuf-c has no const, and nobody writes through this */
    b->items_room = 0;
    b->is_disordered = false;
    b->walk.row = at.line;
    b->walk.column = at.column;
    if (add_block(b, b->block, at) != 0)
        return -1;
    return blockmap_walk_open(&b->walk, kind, b->block);
}

/* What the walk let pass. */
static int
tell_odd(struct block_build *b, struct place at)
{
    const char *odd = b->walk.odd;

    b->walk.odd = NULL;
    return odd == NULL ? 0 : fill_tolerate(&b->fill, WHY_TEXT_SYNTAX, at, b->walk.odd_field, "%s", odd);
}

/* Put ${item} into the open block; the walk looks at it. */
static int
add_item(struct block_build *b, Parallax__V1__Item *item, struct place at)
{
    b->block->items = grow(b, b->block->items, b->block->n_items, &b->items_room, at);
    if (b->block->items == NULL)
        return -1;
    b->block->items[b->block->n_items++] = item;
    b->walk.row = at.line;
    b->walk.column = at.column;
    return blockmap_walk_item(&b->walk, item) != 0 ? -1 : tell_odd(b, at);
}

static Parallax__V1__Item *
new_item(struct block_build *b, struct span keyword, struct span value, struct place at)
{
    Parallax__V1__Item *item = new_message(b, &parallax__v1__item__descriptor, at);

    /* message_init() has made it empty. */
    if (item == NULL || (keyword.n > 0 && (item->keyword = arena_strdup(b->fill.arena, keyword)) == NULL) ||
        (item->value = fill_copy(&b->fill, value)) == NULL) {
        fill_full(&b->fill, at);
        return NULL;
    }
    return item;
}

int
blockmap_build_comments(struct block_build *b, struct place at)
{
    struct block_comment *list = NULL;

    while (b->pending != NULL) {
        struct block_comment *next = b->pending->next;

        b->pending->next = list;
        list = b->pending;
        b->pending = next;
    }
    for (; list != NULL; list = list->next) {
        Parallax__V1__Item *item = new_item(b, span_str("COMMENT"), list->text, at);

        if (item == NULL || add_item(b, item, list->at) != 0)
            return -1;
        if (b->walk.lines > 0 && fill_tolerate(&b->fill, WHY_TEXT_SYNTAX, list->at, "COMMENT",
                                               "between lines of data: expected before them") != 0)
            return -1;
    }
    return 0;
}

int
blockmap_build_comment(struct block_build *b, struct span text, struct place at)
{
    struct block_comment *pending = arena_alloc(b->fill.arena, sizeof *pending);
    char *copy = fill_copy(&b->fill, text);

    if (pending == NULL || copy == NULL)
        return fill_full(&b->fill, at);
    *pending = (struct block_comment){b->pending, span_of(copy, text.n), at};
    b->pending = pending;
    return 0;
}

int
blockmap_build_close(struct block_build *b, struct place at)
{
    const struct block_kind *kind = b->walk.kind;

    if (b->block == NULL)
        return 0;
    for (size_t i = 0; i < kind->count; i++) {
        if ((kind->field[i].flags & FIELD_SHOULD) && !(b->walk.seen[i / 64] >> i % 64 & 1) &&
            fill_tolerate(&b->fill, WHY_FIELD_MISSING, at, kind->field[i].keyword,
                          "missing: the standard makes it mandatory") != 0)
            return -1;
    }
    b->block = NULL;
    b->walk.row = at.line;
    b->walk.column = at.column;
    return blockmap_walk_close(&b->walk) != 0 ? -1 : tell_odd(b, at);
}

/* The block's keywords in the standard's order, its comments before them. */
static void
sort(struct block_build *b)
{
    Parallax__V1__Item **list = b->block->items;
    const struct block_kind *kind = b->walk.kind;

    /* Insertion: a block has few keywords, and they are nearly in order. */
    for (size_t i = 1; i < b->block->n_items; i++) {
        Parallax__V1__Item *item = list[i];
        int row = blockmap_find(kind->field, kind->count, span_str(item->keyword));
        size_t k = i;

        if (row < 0 && strcmp(item->keyword, "COMMENT") != 0)
            continue; /* an unknown one stays where it is */
        while (k > 0 && blockmap_find(kind->field, kind->count, span_str(list[k - 1]->keyword)) > row) {
            list[k] = list[k - 1];
            k--;
        }
        list[k] = item;
    }
}

/* The unit as the standard spells it; "" none; NULL with why. */
static const char *
take_unit(struct block_build *b, const struct field *field, struct span unit, struct place at)
{
    if (unit.p == NULL)
        return "";
    if (!b->map->has_units) {
        (void)why_set(b->fill.why, WHY_FIELD_UNIT, at.line, at.column, field->keyword,
                      "a unit: this format shows none");
        return NULL;
    }
    if (field->unit != NULL && span_is(unit, field->unit))
        return field->unit;
    if (unit.n == 0 || (field->unit == NULL && (text_equal_nocase(unit, "n/a") || span_is(unit, "-"))))
        return fill_tolerate(&b->fill, WHY_FIELD_UNIT, at, field->keyword, "an empty unit") != 0 ? NULL : "";
    if (field->unit != NULL && text_equal_nocase(unit, field->unit))
        return fill_tolerate(&b->fill, WHY_FIELD_UNIT, at, field->keyword,
                             "a unit in another case: expected [%s]", field->unit) != 0
                   ? NULL
                   : field->unit;
    (void)why_set(b->fill.why, WHY_FIELD_UNIT, at.line, at.column, field->keyword,
                  "another unit: expected %s%s%s", field->unit != NULL ? "[" : "",
                  field->unit != NULL ? field->unit : "none", field->unit != NULL ? "]" : "");
    return NULL;
}

static int
note_order(struct block_build *b, size_t row, struct place at)
{
    if (b->walk.last == SIZE_MAX || row >= b->walk.last || b->walk.lines > 0)
        return 0;
    b->walk.last = row; /* it is sorted in when it is there */
    if (b->is_disordered || b->is_unordered)
        return 0;
    b->is_disordered = true;
    return fill_tolerate(&b->fill, WHY_TEXT_SYNTAX, at, b->walk.kind->field[row].keyword,
                         "behind keywords that the standard puts after it");
}

/* The row's value with what is tolerated of it. */
static int
put_field(struct block_build *b, size_t row, struct span value, struct span unit, struct place at,
          struct place value_at)
{
    const struct field *field = &b->walk.kind->field[row];
    Parallax__V1__Item *item;
    const char *known;
    struct span word = field->kind == FIELD_WORD ? fieldmap_word(field, value) : span_of(NULL, 0);
    size_t last = b->walk.last;

    if (value.n == 0) {
        if (field->flags & FIELD_MUST)
            return why_set(b->fill.why, WHY_FIELD_MISSING, value_at.line, value_at.column, field->keyword,
                           "empty: it is mandatory");
        return fill_tolerate(&b->fill, WHY_FIELD_MISSING, value_at, field->keyword,
                             "empty, which is read as not given");
    }
    known = take_unit(b, field, unit, value_at);
    if (known == NULL || note_order(b, row, at) != 0)
        return -1;
    if (field->kind == FIELD_WORD && word.p == NULL && (field->flags & FIELD_OPEN) &&
        fill_tolerate(&b->fill, WHY_FIELD_VALUE, value_at, field->keyword,
                      "not a word of the standard: expected %s", field->words) != 0)
        return -1;
    item = new_item(b, span_str(field->keyword), word.p != NULL ? word : value, at);
    if (item == NULL)
        return -1;
    item->unit = (char *)(uintptr_t)known;
    if (fill_value_spell(&b->fill, field, item->value, value_at) != 0)
        return -1;
    if (add_item(b, item, value_at) != 0)
        return -1;
    if (last != SIZE_MAX && last > row) {
        b->is_changed = true;
        b->walk.last = last;
        sort(b);
    }
    return 0;
}

int
blockmap_build_pair(struct block_build *b, struct span keyword, struct span value, struct span unit,
                    struct place at, struct place value_at)
{
    const struct block_kind *kind = b->walk.kind;
    Parallax__V1__Item *item;
    int row;

    if (b->block == NULL)
        return why_set(b->fill.why, WHY_TEXT_SYNTAX, at.line, at.column, NULL,
                       "a keyword between blocks: expected one that begins a block");
    row = blockmap_find(kind->field, kind->count, keyword);
    if (row == 0 && (kind->flags & BLOCK_AGAIN) && (b->walk.seen[0] & 1) &&
        blockmap_build_open(b, kind, at) != 0)
        return -1;
    if (blockmap_build_comments(b, at) != 0)
        return -1;
    if (row >= 0)
        return put_field(b, (size_t)row, value, unit, at, value_at);
    if (value.n == 0)
        return 0; /* not given */
    item = new_item(b, keyword, value, at);
    if (item == NULL)
        return -1;
    if (!(kind->flags & BLOCK_USER) || keyword.n <= 13 || memcmp(keyword.p, "USER_DEFINED_", 13) != 0) {
        if (fieldmap_check_name(keyword, b->fill.why, at.line, at.column) != 0 ||
            fill_tolerate(&b->fill, WHY_FIELD_UNKNOWN, at, item->keyword,
                          "not a keyword of the standard: kept as it is") != 0)
            return -1;
    }
    return add_item(b, item, at);
}

bool
blockmap_build_is_continued(const struct block_build *b, struct span word)
{
    const Parallax__V1__Item *last = b->map->has_long_lines && b->block != NULL && b->block->n_items > 0
                                         ? b->block->items[b->block->n_items - 1]
                                         : NULL;
    int row =
        last != NULL ? blockmap_find(b->walk.kind->field, b->walk.kind->count, span_str(last->keyword)) : -1;
    struct utc t;

    return b->map->has_long_lines && b->walk.lines == 0 && b->pending == NULL && row >= 0 &&
           b->walk.kind->field[row].kind == FIELD_TEXT && !num_is_decimal(word) && utc_parse(word, &t) != 0;
}

int
blockmap_build_continue(struct block_build *b, struct span text, struct place at)
{
    static const char mark[] = "<cont.>";
    Parallax__V1__Item *last = b->block->items[b->block->n_items - 1];
    size_t n = strlen(last->value), m = sizeof mark - 1;
    char *whole = arena_alloc(b->fill.arena, n + text.n + 2);

    if (whole == NULL)
        return fill_full(&b->fill, at);
    if (fill_tolerate(&b->fill, WHY_TEXT_SYNTAX, at, last->keyword,
                      "a value that goes on on another line: expected one line") != 0)
        return -1;
    if (n >= m && memcmp(last->value + n - m, mark, m) == 0)
        n -= m;
    while (n > 0 && last->value[n - 1] == ' ')
        n--;
    memcpy(whole, last->value, n);
    whole[n] = ' ';
    memcpy(whole + n + 1, text.p, text.n);
    whole[n + 1 + text.n] = 0;
    last->value = whole;
    b->is_changed = true;
    return fieldmap_check_text(last->keyword, span_str(whole), LIMIT_TEXT_BYTES, b->fill.why, at.line,
                               at.column);
}

/* `1D-3`, `.5`: certain in meaning, outside the grammar. Of a line the first is told. */
static int
note_numbers(struct block_build *b, struct span text, struct place at)
{
    if (text.n == 0 || (memchr(text.p, 'D', text.n) == NULL && memchr(text.p, 'd', text.n) == NULL))
        return 0;
    for (size_t i = 1; i + 1 < text.n; i++) {
        bool before = text.p[i - 1] >= '0' && text.p[i - 1] <= '9';
        bool behind =
            text.p[i + 1] == '-' || text.p[i + 1] == '+' || (text.p[i + 1] >= '0' && text.p[i + 1] <= '9');

        if (before && behind && (text.p[i] == 'D' || text.p[i] == 'd'))
            return fill_tolerate(&b->fill, WHY_FIELD_NUMBER, (struct place){at.line, at.column + (uint32_t)i},
                                 "line", "D for the exponent: expected E");
    }
    return 0;
}

int
blockmap_build_line(struct block_build *b, struct span keyword, struct span text, bool has_units,
                    struct place at)
{
    Parallax__V1__Item *item;
    int tag;

    if (b->block == NULL)
        return why_set(b->fill.why, WHY_TEXT_SYNTAX, at.line, at.column, NULL,
                       "a line of data between blocks");
    if (blockmap_build_comments(b, at) != 0 || note_numbers(b, text, at) != 0)
        return -1;
    tag = blockmap_find_tag(&b->walk, b->walk.kind, keyword);
    item = new_item(b, tag < 0 ? keyword : span_of(NULL, 0), text, at);
    if (item == NULL)
        return -1;
    if (tag >= 0)
        item->keyword = (char *)(uintptr_t)b->walk.kind->tag[tag].keyword; /* as in open() */
    blockmap_single_blanks(item->value, text);
    item->unit = (char *)(uintptr_t)(has_units ? "all" : "");
    return add_item(b, item, at);
}

static int
put_source(struct block_build *b, struct span preamble, struct span original, struct span trailer,
           struct place at)
{
    Parallax__V1__Source *source = new_message(b, &parallax__v1__source__descriptor, at);

    if (source == NULL || (source->format = arena_strdup(b->fill.arena, span_str(b->format))) == NULL)
        return fill_full(&b->fill, at);
    source->original = (ProtobufCBinaryData){original.n, (uint8_t *)(uintptr_t)original.p};
    source->preamble = (ProtobufCBinaryData){preamble.n, (uint8_t *)(uintptr_t)preamble.p};
    source->trailer = (ProtobufCBinaryData){trailer.n, (uint8_t *)(uintptr_t)trailer.p};
    source->piece = b->piece;
    memcpy((char *)b->msg + b->map->source, &source, sizeof source);
    return 0;
}

static int
emit(struct block_build *b)
{
    if ((!b->is_changed || blockmap_check(b->map, b->msg, b->fill.why) == 0) &&
        b->emit(b->cookie, b->msg, b->fill.why) == 0)
        return 0;
    if (b->fill.why->line == 0) { /* check() knows no places */
        b->fill.why->line = b->start.line;
        b->fill.why->column = b->start.column;
    }
    return -1;
}

int
blockmap_build_end(struct block_build *b, struct span preamble, struct span original, struct span trailer,
                   struct place at)
{
    if (b->block != NULL && blockmap_build_comments(b, at) != 0)
        return -1;
    if (b->pending != NULL &&
        fill_tolerate(&b->fill, WHY_TEXT_SYNTAX, at, "COMMENT",
                      "a comment behind the last block: it is not kept apart from the original") != 0)
        return -1;
    if (blockmap_build_close(b, at) != 0)
        return -1;
    b->walk.row = b->start.line;
    b->walk.column = b->start.column;
    if (blockmap_walk_end(&b->walk) != 0)
        return -1;
    b->is_open = false;
    b->piece += b->piece > 0;
    return put_source(b, preamble, original, trailer, at) != 0 ? -1 : emit(b);
}

/* Header, metadata of the segment, head of the open block: packed one after the other, each behind its length. */
static void
keep_frame(struct block_build *b)
{
    Parallax__V1__Block **list;
    size_t n = blockmap_blocks(b->map, b->msg, &list), segment = 0;

    for (size_t i = 0; i < n; i++) {
        if (blockmap_kind(b->map, list[i]->name)->flags & BLOCK_SEGMENT)
            segment = i;
    }
    buf_clear(&b->frame);
    for (size_t i = 0; i < n; i++) {
        Parallax__V1__Block head = *list[i];

        if (i != 0 && i != segment && i + 1 != n)
            continue;
        for (size_t k = 0; i + 1 == n && k < head.n_items; k++) {
            if (blockmap_is_line(b->walk.kind, head.items[k]))
                head.n_items = k;
        }
        buf_put_be32(&b->frame, (uint32_t)parallax__v1__block__get_packed_size(&head));
        pack(&head.base, &b->frame);
    }
}

static int
restore_frame(struct block_build *b, struct place at)
{
    struct span in = buf_span(&b->frame);

    if (buf_failed(&b->frame) || begin_empty(b, at) != 0)
        return fill_full(&b->fill, at);
    while (in.n > 4) {
        uint32_t n = (uint32_t)in.p[0] << 24 | (uint32_t)in.p[1] << 16 | (uint32_t)in.p[2] << 8 | in.p[3];
        Parallax__V1__Block *block =
            (Parallax__V1__Block *)unpack(&parallax__v1__block__descriptor, span_of(in.p + 4, n), false,
                                          WHY_TEXT_LIMIT, b->fill.arena, b->fill.why);

        if (block == NULL || blockmap_build_open(b, blockmap_kind(b->map, block->name), at) != 0)
            return -1;
        for (size_t i = 0; i < block->n_items; i++) {
            if (add_item(b, block->items[i], at) != 0)
                return -1;
        }
        in = span_of(in.p + 4 + n, in.n - 4 - n);
    }
    return 0;
}

int
blockmap_build_cut(struct block_build *b, struct span preamble, struct span original, struct span trailer,
                   struct place at)
{
    struct block_walk walk = b->walk;
    struct block_walk whole;

    if (blockmap_build_comments(b, at) != 0)
        return -1;
    keep_frame(b);
    /* The piece is complete but for its end: the rules for a whole block are held to it as well. */
    if (blockmap_walk_close(&b->walk) != 0)
        return -1;
    whole = b->walk;
    if (blockmap_walk_end(&whole) != 0)
        return -1;
    b->piece++;
    if (put_source(b, preamble, original, trailer, at) != 0 || emit(b) != 0 || restore_frame(b, at) != 0)
        return -1;
    /* Times go on rising across the cut. */
    memcpy(b->walk.time, walk.time, sizeof walk.time);
    b->walk.has_before = walk.has_before;
    b->walk.before = walk.before;
    b->walk.columns = walk.columns;
    b->walk.is_relative = walk.is_relative;
    return 0;
}

bool
blockmap_build_is_long(const struct block_build *b, size_t bytes)
{
    Parallax__V1__Block **list;

    /* Comments that wait belong to the next block: they are not torn from it. */
    return b->pending == NULL &&
           (bytes > BLOCKMAP_PIECE_BYTES || blockmap_blocks(b->map, b->msg, &list) > BLOCKMAP_PIECE_BLOCKS);
}

int
blockmap_build_next(struct block_build *b, struct span preamble, struct span original, struct span trailer,
                    struct place at)
{
    char system[sizeof b->walk.system];
    Parallax__V1__Block **list;

    if (blockmap_build_close(b, at) != 0 || blockmap_walk_end(&b->walk) != 0)
        return -1;
    memcpy(system, b->walk.system, sizeof system);
    (void)blockmap_blocks(b->map, b->msg, &list);
    buf_clear(&b->frame);
    buf_put_be32(&b->frame, (uint32_t)parallax__v1__block__get_packed_size(list[0]));
    pack(&list[0]->base, &b->frame);
    b->piece++;
    if (put_source(b, preamble, original, trailer, at) != 0 || emit(b) != 0 || restore_frame(b, at) != 0)
        return -1;
    memcpy(b->walk.system, system, sizeof system); /* one time system over all pieces */
    return 0;
}
