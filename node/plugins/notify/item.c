#include "plugins/notify/item.h"

#include <stdio.h>

#include "base/text.h"

/* What moves the cursor, ends a line or turns the direction of writing, as two or three bytes of UTF-8 at ${p}: its length, else 0. */
static size_t
is_trick(const uint8_t *p, size_t n)
{
    if (p[0] < 0x20 || p[0] == 0x7f)
        return 1;
    if (n >= 2 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
        return 2;
    if (n < 3 || p[0] != 0xe2)
        return 0;
    if (p[1] == 0x80 && ((p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae)))
        return 3;
    return p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9 ? 3 : 0;
}

/* Copy whole characters of ${text} as far as they fit; strangers' control characters become blanks, what is no UTF-8 ends it. */
static void
copy(char *out, size_t size, const char *text)
{
    size_t n = text_utf8_prefix(span_str(text)), at = 0, used = 0;

    while (at < n) {
        const uint8_t *p = (const uint8_t *)text + at;
        size_t trick = is_trick(p, n - at), step = 1;
        while (at + step < n && (p[step] & 0xc0) == 0x80)
            step++;
        if (used + (trick > 0 ? 1 : step) >= size)
            break;
        if (trick > 0)
            out[used++] = ' ';
        else
            memcpy(out + used, p, step);
        used += trick > 0 ? 0 : step;
        at += step;
    }
    out[used] = '\0';
}

bool
item_is_alert(const struct line_record *r)
{
    const char *series = value_text(r->root, "series"), *class = strrchr(series, '/');

    return strcmp(value_text(r->root, "type"), "alert") == 0 ||
           (class != NULL && strcmp(class, "/alert") == 0);
}

static void
put_line(struct buf *out, const char *name, const struct value *of, const char *path)
{
    char clean[ITEM_LINE_MAX];

    copy(clean, sizeof clean, value_text(of, path));
    if (clean[0] != '\0')
        buf_put_fmt(out, "%s: %s\n", name, clean);
}

static const char *
in_words(const char *state)
{
    static const struct {
        const char *state, *words;
    } all[] = {{"RAISED", "It was raised to this level."},
               {"UPDATED", "Its figures changed; the level is the same."},
               {"DOWNGRADED", "It went down to this level."},
               {"CANCELLED", "IT IS OVER: the alert was cancelled."}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i].state, state) == 0)
            return all[i].words;
    }
    return "";
}

static void
write_text(struct item *item, const struct line_record *r)
{
    struct buf out;

    buf_init_fixed(&out, item->text, sizeof item->text);
    if (strcmp(item->mode, "REAL") != 0)
        buf_put_fmt(&out, "THIS IS NOT REAL: %s. Nothing of it has happened.\n\n", item->mode);
    buf_put_fmt(&out, "%s\n\n", item->headline);
    if (item->level[0] != '\0')
        buf_put_fmt(&out, "Level: %s. %s\n", item->level, in_words(item->state));
    put_line(&out, "Objects", r->body, "object");
    put_line(&out, "and", r->body, "second_object");
    put_line(&out, "Figures", r->body, "values");
    put_line(&out, "According to", r->body, "origins");
    put_line(&out, "Open since", r->body, "since");
    put_line(&out, "Derived at", r->body, "issued");
    put_line(&out, "Rule", r->body, "rule");
    if (strcmp(value_text(r->body, "overridden"), "YES") == 0)
        buf_put_str(&out, "This rule is not the one that Parallax supplies.\n");
    if (r->body == NULL)
        buf_put_str(&out, "This node cannot read what the record says.\n");
    buf_put_fmt(&out, "Mode: %s\nFrom: %s\nRecord: %s\n", item->mode, item->origin, item->id);
    (void)buf_cstr(&out);
    item->text[out.n] = '\0'; /* full or not */
}

int
item_read(struct item *item, const struct line_record *r)
{
    const char *id = value_text(r->root, "id"), *mode = value_text(r->root, "mode");
    const char *headline = value_text(r->body, "headline"), *about = value_text(r->body, "id");
    bool by_rule = strcmp(value_text(r->root, "type"), "alert") == 0;
    char clean[ITEM_LINE_MAX];
    struct buf names;

    memset(item, 0, sizeof *item);
    if (id[0] == '\0' || strlen(id) >= sizeof item->id || !text_is_printable(span_str(id)) ||
        strchr(id, ' ') != NULL || mode[0] == '\0' || !text_is_printable(span_str(mode)))
        return -1;
    copy(item->id, sizeof item->id, id);
    copy(item->mode, sizeof item->mode, mode);
    copy(item->type, sizeof item->type, value_text(r->root, "type"));
    copy(item->origin, sizeof item->origin, value_text(r->root, "origin"));
    if (by_rule) {
        copy(item->level, sizeof item->level, value_text(r->body, "level"));
        copy(item->state, sizeof item->state, value_text(r->body, "state"));
        copy(clean, sizeof clean, about);
        (void)snprintf(item->key, sizeof item->key, "%.16s %.70s %s", item->mode, item->origin, clean);
    }
    copy(item->headline, sizeof item->headline, headline);
    if (headline[0] == '\0')
        (void)snprintf(item->headline, sizeof item->headline, "%s of %s", item->type, item->origin);
    buf_init_fixed(&names, item->names, sizeof item->names);
    buf_put_str(&names, item->id);
    if (by_rule) {
        copy(clean, sizeof clean, about);
        buf_put_fmt(&names, " %s", clean);
        copy(clean, sizeof clean, value_text(r->body, "about"));
        buf_put_fmt(&names, " %s", clean);
        buf_put_fmt(&names, " %s", value_text(r->body, "inputs"));
    }
    (void)buf_cstr(&names);
    item->names[names.n] = '\0';
    write_text(item, r);
    return 0;
}

bool
item_is_receipt(const struct line_record *r)
{
    const char *type = value_text(r->root, "type");

    return strcmp(type, "receipt") == 0 ||
           (strcmp(type, "consultation") == 0 && strcmp(value_text(r->body, "act"), "ACKNOWLEDGE") == 0);
}

/* Is the word of ${n} bytes at ${word} one of ${list}? */
static bool
has_word(const char *list, const char *word, size_t n)
{
    for (const char *at = list; n > 0 && *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (length == n && memcmp(at, word, n) == 0)
            return true;
        at += length + strspn(at + length, " ");
    }
    return false;
}

bool
item_is_named(const struct item *item, const struct line_record *r)
{
    static const char *const members[] = {"event", "records", "record", "in_reply_to"};

    if (strcmp(value_text(r->root, "mode"), item->mode) != 0)
        return false;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct value *list = value_get(r->body, members[i]);
        const struct value *one = list != NULL && list->kind == JSON_ARRAY ? list->first : list;
        for (; one != NULL; one = list->kind == JSON_ARRAY ? one->next : NULL) {
            for (const char *at = (const char *)one->text.p; at != NULL && *at != '\0';) {
                size_t n = strcspn(at, " ");
                if (has_word(item->names, at, n))
                    return true;
                at += n + strspn(at + n, " ");
            }
        }
    }
    return false;
}
