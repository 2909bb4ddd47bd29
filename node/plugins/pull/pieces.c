#include "plugins/pull/pieces.h"

#include <stdlib.h>

#include "base/limit.h"
#include "base/mem.h"
#include "syntax/json.h"

struct walk {
    struct pieces *p;
    const char *member;
    struct span body;
    unsigned depth; /* of the elements */
    bool inside, found;
    const uint8_t *begun;
};

void
pieces_init(struct pieces *p)
{
    memset(p, 0, sizeof *p);
}

void
pieces_release(struct pieces *p)
{
    free(p->piece);
    pieces_init(p);
}

static void
add(struct pieces *p, struct span text)
{
    if (p->n == p->cap) { /* bounded by the bytes of the body */
        p->cap = p->cap == 0 ? 64 : p->cap * 2;
        p->piece = mem_resize(p->piece, p->cap * sizeof *p->piece);
    }
    p->piece[p->n] = (struct piece){.text = text};
    hash_sha256(text, p->piece[p->n].digest);
    p->n++;
}

static int
take(void *cookie, const struct json_event *e, struct why *why)
{
    struct walk *w = cookie;
    bool ends = e->kind == JSON_OBJECT_END || e->kind == JSON_ARRAY_END;
    bool opens = e->kind == JSON_OBJECT || e->kind == JSON_ARRAY;

    (void)why;
    if (!w->inside && !w->found && e->kind == JSON_ARRAY && e->depth + 1 == w->depth &&
        (w->depth == 1 || span_is(e->key, w->member))) {
        w->inside = w->found = true;
        w->p->head = span_of(w->body.p, (size_t)(e->raw.p + e->raw.n - w->body.p));
        return 0;
    }
    if (w->inside && ends && e->depth + 1 == w->depth) {
        w->inside = false;
        w->p->tail = span_of(e->raw.p, (size_t)(w->body.p + w->body.n - e->raw.p));
        return 0;
    }
    if (!w->inside || e->depth != w->depth)
        return 0;
    if (!ends)
        w->begun = e->raw.p;
    if (!opens)
        add(w->p, span_of(w->begun, (size_t)(e->raw.p + e->raw.n - w->begun)));
    return 0;
}

int
pieces_find(struct pieces *p, struct span body, const char *member, struct why *why)
{
    struct walk w = {.p = p, .member = member, .body = body, .depth = member[0] == '\0' ? 1 : 2};

    pieces_release(p);
    if (strcmp(member, "none") == 0) {
        add(p, body);
        return 0;
    }
    if (json_read_long(body, LIMIT_PLUGIN_LINE_BYTES, take, &w, why) != 0)
        return -1;
    if (!w.found)
        return why_set(why, WHY_TEXT_SYNTAX, 1, 1, member[0] != '\0' ? member : NULL,
                       "no array of that name: expected the records in it");
    return 0;
}

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

size_t
pieces_compare(struct pieces *p, const struct pieces *before)
{
    uint8_t(*known)[HASH_BYTES] = mem_new((before->n + 1) * sizeof *known);
    size_t changed = 0;

    for (size_t i = 0; i < before->n; i++)
        memcpy(known[i], before->piece[i].digest, HASH_BYTES);
    qsort(known, before->n, sizeof *known, compare);
    for (size_t i = 0; i < p->n; i++) {
        p->piece[i].changed = bsearch(p->piece[i].digest, known, before->n, sizeof *known, compare) == NULL;
        changed += p->piece[i].changed;
    }
    free(known);
    return changed;
}

size_t
pieces_fit(const struct pieces *p, size_t first, size_t bytes_max)
{
    size_t bytes = p->head.n + p->tail.n, count = 0;

    for (size_t i = first; i < p->n; i++) {
        if (!p->piece[i].changed)
            continue;
        bytes += p->piece[i].text.n + 1;
        if (count > 0 && bytes > bytes_max)
            break;
        count++;
    }
    return count;
}

size_t
pieces_write(const struct pieces *p, size_t first, size_t count, struct buf *out, uint8_t digest[HASH_BYTES])
{
    struct buf digests;
    size_t i;

    buf_init(&digests, (count + 1) * HASH_BYTES);
    buf_put_span(out, p->head);
    for (i = first; i < p->n && count > 0; i++) {
        if (!p->piece[i].changed)
            continue;
        if (digests.n > 0)
            buf_put_byte(out, ',');
        buf_put_span(out, p->piece[i].text);
        buf_put(&digests, p->piece[i].digest, HASH_BYTES);
        count--;
    }
    buf_put_span(out, p->tail);
    hash_sha256(buf_span(&digests), digest);
    buf_release(&digests);
    return i;
}
