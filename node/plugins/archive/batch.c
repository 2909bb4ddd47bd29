#include "plugins/archive/batch.h"

#include <stdio.h>

#include "base/limit.h"
#include "base/text.h"
#include "base/utc.h"

void
batch_init(struct batch *b)
{
    b->n = 0;
    b->number = 0;
    b->incarnation[0] = '\0';
    buf_init(&b->bytes, BATCH_BYTES_MAX + 4 * (size_t)LIMIT_PLUGIN_LINE_BYTES);
}

void
batch_release(struct batch *b)
{
    buf_release(&b->bytes);
}

void
batch_clear(struct batch *b)
{
    buf_clear(&b->bytes);
    b->n = 0;
}

static void
begin(struct batch *b, struct batch_row *row, enum batch_column column)
{
    if (b->bytes.n == 0)
        buf_put_byte(&b->bytes, 0); /* at 0 stands nothing */
    row->at[column] = b->bytes.n;
}

static void
end(struct batch *b, struct batch_row *row, enum batch_column column)
{
    row->n[column] = b->bytes.n - row->at[column];
    buf_put_byte(&b->bytes, 0);
}

static void
put_text(struct batch *b, struct batch_row *row, enum batch_column column, const char *text)
{
    begin(b, row, column);
    buf_put_str(&b->bytes, text);
    end(b, row, column);
}

/* To the microsecond, and without leap seconds, which PostgreSQL does not know. The record's JSON keeps what it said. */
static void
put_time(struct batch *b, struct batch_row *row, enum batch_column column, const char *text)
{
    char plain[UTC_TEXT_MAX];
    struct utc t;

    if (utc_parse(span_str(text), &t) != 0)
        return;
    if (t.ns >= UTC_DAY_NS)
        t.ns = UTC_DAY_NS - 1;
    utc_print(t, 6, plain);
    put_text(b, row, column, plain);
}

static int
put_bytes(struct batch *b, struct batch_row *row, enum batch_column column, const char *base64)
{
    int rc;

    if (base64[0] == '\0')
        return 0;
    begin(b, row, column);
    rc = text_unbase64(span_str(base64), &b->bytes);
    end(b, row, column);
    return rc;
}

/* {"norad:25544","neo:2023 VD3"} */
static void
put_objects(struct batch *b, struct batch_row *row, const struct value *list)
{
    begin(b, row, BATCH_OBJECTS);
    buf_put_byte(&b->bytes, '{');
    for (const struct value *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
        if (one != list->first)
            buf_put_byte(&b->bytes, ',');
        buf_put_byte(&b->bytes, '"');
        for (const char *p = value_text(one, ""); *p != '\0'; p++) {
            if (*p == '"' || *p == '\\')
                buf_put_byte(&b->bytes, '\\');
            buf_put_byte(&b->bytes, (uint8_t)*p);
        }
        buf_put_byte(&b->bytes, '"');
    }
    buf_put_byte(&b->bytes, '}');
    end(b, row, BATCH_OBJECTS);
}

/* Without the bytes, which have columns of their own. */
static int
put_json(struct batch *b, struct batch_row *row, const struct line_record *r)
{
    static const char bytes[] = ",\"bytes\":{";
    uint8_t *text, *cut, *end_of;
    int rc;

    begin(b, row, BATCH_JSON);
    rc = line_put_record(r, &b->bytes);
    text = b->bytes.p + row->at[BATCH_JSON];
    if (rc == 0 && !buf_failed(&b->bytes) && value_get(r->root, "bytes") != NULL) {
        /* The node's own: in no string, where quotes are escaped, and before the body. */
        size_t n = b->bytes.n - row->at[BATCH_JSON];
        cut = memmem(text, n, bytes, sizeof bytes - 1);
        end_of = cut != NULL ? memchr(cut, '}', n - (size_t)(cut - text)) : NULL;
        if (end_of == NULL)
            return -1;
        memmove(cut, end_of + 1, n - (size_t)(end_of + 1 - text));
        b->bytes.n -= (size_t)(end_of + 1 - cut);
    }
    end(b, row, BATCH_JSON);
    return rc;
}

int
batch_add(struct batch *b, const struct line_record *r, struct why *why)
{
    static const char *const texts[] = {"id", "origin", "series", "type", "mode", "kind"};
    struct batch_row *row = &b->rows[b->n];
    int rc = 0;

    memset(row, 0, sizeof *row);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put_text(b, row, (enum batch_column)(BATCH_ID + i), value_text(r->root, texts[i]));
    put_time(b, row, BATCH_CREATED, value_text(r->root, "created"));
    put_time(b, row, BATCH_EPOCH, value_text(r->root, "epoch"));
    put_time(b, row, BATCH_EXPIRES, value_text(r->root, "expires"));
    put_objects(b, row, value_get(r->root, "objects"));
    put_text(b, row, BATCH_READABLE, r->body != NULL ? "true" : "false");
    if (value_text(r->root, "id")[0] == '\0' ||
        put_bytes(b, row, BATCH_HEADER, value_text(r->root, "bytes.header")) != 0 ||
        put_bytes(b, row, BATCH_BODY, value_text(r->root, "bytes.body")) != 0 || put_json(b, row, r) != 0)
        rc = why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "this is not how a node writes a record");
    if (rc == 0 && buf_failed(&b->bytes))
        rc = why_set(why, WHY_TEXT_LIMIT, 1, 1, NULL, "no memory for it");
    if (rc != 0)
        return rc;
    b->n++;
    b->number = r->number;
    (void)snprintf(b->incarnation, sizeof b->incarnation, "%s", r->incarnation);
    return 0;
}
