#include "types/blockmap.h"

#include "base/num.h"
#include "base/text.h"

int
blockmap_find(const struct field *field, size_t n, struct span keyword)
{
    for (size_t i = 0; i < n; i++) {
        if (span_is(keyword, field[i].keyword))
            return (int)i;
    }
    return -1;
}

int
blockmap_find_tag(struct block_walk *w, const struct block_kind *kind, struct span keyword)
{
    uint8_t *guess = guess_row(&w->tag, keyword);
    int row;

    if (*guess < kind->tags && span_is(keyword, kind->tag[*guess].keyword))
        return *guess;
    row = blockmap_find(kind->tag, kind->tags, keyword);
    if (row >= 0 && row <= UINT8_MAX)
        *guess = (uint8_t)row;
    return row;
}

struct span
blockmap_value(const Parallax__V1__Block *block, const char *keyword)
{
    for (size_t i = 0; i < block->n_items; i++) {
        if (strcmp(block->items[i]->keyword, keyword) == 0)
            return span_str(block->items[i]->value);
    }
    return span_of(NULL, 0);
}

size_t
blockmap_columns(struct span line, struct span *column, size_t max)
{
    size_t n = 0, i = 0;

    while (i < line.n) {
        size_t start;

        while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
            i++;
        start = i;
        while (i < line.n && line.p[i] != ' ' && line.p[i] != '\t')
            i++;
        if (i == start)
            break;
        if (n < max)
            column[n] = span_of(line.p + start, i - start);
        n++;
    }
    return n;
}

/* Two blanks side by side? A word of eight bytes is looked at at once; "yes" may be wrong. */
static bool
may_have_two_blanks(struct span s)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    size_t i = 0;

    for (; i + 8 <= s.n; i += 7) {
        uint64_t word, blank;

        memcpy(&word, s.p + i, 8);
        word ^= each * ' ';
        blank = (word - each) & ~word & each * 0x80;
        if ((blank & blank >> 8) != 0)
            return true;
    }
    for (; i + 1 < s.n; i++) {
        if (s.p[i] == ' ' && s.p[i + 1] == ' ')
            return true;
    }
    return false;
}

void
blockmap_single_blanks(char *to, struct span text)
{
    size_t n = 0;

    if (text.n > 0 && to[0] != ' ' && to[text.n - 1] != ' ' && !may_have_two_blanks(text) &&
        text_plain_prefix(text) == text.n)
        return;
    for (size_t i = 0; to[i] != 0; i++) {
        bool is_blank = to[i] == ' ' || to[i] == '\n' || to[i] == '\r';

        if (!is_blank || (n > 0 && to[n - 1] != ' '))
            to[n++] = is_blank ? ' ' : to[i];
    }
    to[n > 0 && to[n - 1] == ' ' ? n - 1 : n] = 0;
}

bool
blockmap_is_line(const struct block_kind *kind, const Parallax__V1__Item *item)
{
    if (kind->lines == BLOCK_TAGGED)
        return blockmap_find(kind->tag, kind->tags, span_str(item->keyword)) >= 0;
    return *item->keyword == 0;
}

const struct block_kind *
blockmap_kind(const struct blockmap *map, const char *name)
{
    for (size_t i = 0; i < map->kinds; i++) {
        if (strcmp(map->kind[i].name, name) == 0)
            return &map->kind[i];
    }
    return NULL;
}

size_t
blockmap_blocks(const struct blockmap *map, const ProtobufCMessage *msg, Parallax__V1__Block ***list)
{
    size_t n;

    memcpy(&n, (const char *)msg + map->n_blocks, sizeof n);
    memcpy(list, (const char *)msg + map->blocks, sizeof *list);
    return n;
}

const struct blockmap *
blockmap_for(const struct blockmap *map, struct span version)
{
    for (const struct blockmap *m = map; m != NULL; m = m->older) {
        if (version.n > 0 && version.p[0] != 0 && strchr(m->majors, version.p[0]) != NULL)
            return m;
    }
    return map;
}

const struct block_part *
blockmap_part(const struct block_part *part, size_t parts, const struct field *field, size_t count,
              size_t row, size_t *index)
{
    for (size_t i = 0; i < parts; i++) {
        int first = blockmap_find(field, count, span_str(part[i].first));

        if (first < 0 || row < (size_t)first || row >= (size_t)first + part[i].count)
            continue;
        if (index != NULL)
            *index = row - (size_t)first;
        return &part[i];
    }
    return NULL;
}

const struct blockmap *
blockmap_of(const struct blockmap *const *map, size_t n, const ProtobufCMessage *msg)
{
    for (size_t i = 0; i < n; i++) {
        Parallax__V1__Block **list;
        const char *form;

        memcpy(&form, (const char *)msg + map[i]->form_at, sizeof form);
        if (strcmp(form, map[i]->form) != 0)
            continue;
        return blockmap_blocks(map[i], msg, &list) == 0
                   ? map[i]
                   : blockmap_for(map[i], blockmap_value(list[0], map[i]->kind[0].field[0].keyword));
    }
    return NULL;
}

void
blockmap_source(const struct blockmap *map, const ProtobufCMessage *msg, struct source *out)
{
    const Parallax__V1__Source *source;

    memcpy(&source, (const char *)msg + map->source, sizeof source);
    fieldmap_source_of(source, out);
}

int
blockmap_check_source(const struct blockmap *map, const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__Source *source;

    memcpy(&source, (const char *)msg + map->source, sizeof source);
    return fieldmap_check_source(source, why);
}

int
blockmap_check(const struct blockmap *map, const ProtobufCMessage *msg, struct why *why)
{
    Parallax__V1__Block **list;
    size_t n = blockmap_blocks(map, msg, &list);
    struct block_walk w;

    if (n > BLOCKMAP_BLOCKS_MAX)
        return why_set(why, WHY_BODY_DEEP, 0, 0, "blocks", "%zu: expected at most %d", n,
                       BLOCKMAP_BLOCKS_MAX);
    blockmap_walk(&w, map, why);
    for (size_t i = 0; i < n; i++) {
        const struct block_kind *kind = blockmap_kind(map, list[i]->name);

        if (kind == NULL)
            return why_set(why, WHY_FIELD_UNKNOWN, 0, 0, "name", "no block of this form");
        if (blockmap_walk_open(&w, kind, list[i]) != 0)
            return -1;
        for (size_t k = 0; k < list[i]->n_items; k++) {
            if (blockmap_walk_item(&w, list[i]->items[k]) != 0)
                return -1;
        }
        if (blockmap_walk_close(&w) != 0)
            return -1;
    }
    return blockmap_walk_end(&w) != 0 ? -1 : blockmap_check_source(map, msg, why);
}

static void
put_number(struct buf *out, struct span value)
{
    if (num_is_decimal(value))
        fieldmap_number(out, value);
    else
        text_json(out, value);
}

static void
put_line(const Parallax__V1__Item *item, struct buf *out)
{
    struct span column[BLOCKMAP_COLUMNS_MAX];
    size_t n = blockmap_columns(span_str(item->value), column, BLOCKMAP_COLUMNS_MAX);

    buf_put_byte(out, '[');
    if (*item->keyword != 0)
        text_json(out, span_str(item->keyword));
    for (size_t i = 0; i < n && i < BLOCKMAP_COLUMNS_MAX; i++) {
        if (i > 0 || *item->keyword != 0)
            buf_put_byte(out, ',');
        put_number(out, column[i]);
    }
    buf_put_byte(out, ']');
}

/* Comments before the first line of data stand together, in their order. */
static size_t
put_comments(const struct block_kind *kind, const Parallax__V1__Block *block, struct buf *out)
{
    size_t lines = 0, comments = 0;

    while (lines < block->n_items && !blockmap_is_line(kind, block->items[lines]))
        lines++;
    for (size_t i = 0; i < lines; i++) {
        if (strcmp(block->items[i]->keyword, "COMMENT") != 0)
            continue;
        buf_put_str(out, comments++ == 0 ? ",\"COMMENT\":[" : ",");
        text_json(out, span_str(block->items[i]->value));
    }
    if (comments > 0)
        buf_put_byte(out, ']');
    return lines;
}

static void
put_block(const struct block_kind *kind, const Parallax__V1__Block *block, struct buf *out)
{
    size_t lines;

    buf_put_fmt(out, "{\"block\":\"%s\"", kind->name);
    lines = put_comments(kind, block, out);
    for (size_t i = 0; i < lines; i++) {
        const Parallax__V1__Item *item = block->items[i];
        int row = blockmap_find(kind->field, kind->count, span_str(item->keyword));
        bool is_number =
            row >= 0 && (kind->field[row].kind == FIELD_REAL || kind->field[row].kind == FIELD_INT);

        if (strcmp(item->keyword, "COMMENT") == 0)
            continue;
        buf_put_byte(out, ',');
        text_json(out, span_str(item->keyword));
        buf_put_byte(out, ':');
        if (is_number)
            put_number(out, span_str(item->value));
        else
            text_json(out, span_str(item->value));
    }
    for (size_t i = lines; i < block->n_items; i++) {
        buf_put_str(out, i == lines ? ",\"lines\":[" : ",");
        if (strcmp(block->items[i]->keyword, "COMMENT") == 0) {
            buf_put_str(out, "{\"COMMENT\":");
            text_json(out, span_str(block->items[i]->value));
            buf_put_byte(out, '}');
        } else {
            put_line(block->items[i], out);
        }
    }
    buf_put_str(out, lines < block->n_items ? "]}" : "}");
}

void
blockmap_json(const struct blockmap *map, const ProtobufCMessage *msg, struct buf *out)
{
    Parallax__V1__Block **list;
    size_t n = blockmap_blocks(map, msg, &list);

    buf_put_fmt(out, "{\"form\":\"%s\",\"blocks\":[", map->form);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_byte(out, ',');
        put_block(blockmap_kind(map, list[i]->name), list[i], out);
    }
    buf_put_str(out, "]}");
}
