#include "plugins/cap-atom/atom.h"

#include <stdio.h>

#include "syntax/xml.h"

#define UUID_BYTES 16

void
atom_name(const struct item *item, char name[ATOM_NAME_MAX])
{
    (void)snprintf(name, ATOM_NAME_MAX, "%.58s.xml", item->id);
    for (char *p = name; *p != '\0'; p++) {
        if (*p == ':')
            *p = '-';
    }
}

/* RFC 4287 section 4.2.6: an IRI that never changes. RFC 9562 section 5.8: version 8, here the SHA-256 of what it names. */
static void
put_id(struct buf *out, const char *kind, const char *of)
{
    uint8_t hash[HASH_BYTES];
    struct buf text;

    buf_init(&text, 1024);
    buf_put_fmt(&text, "parallax:%s/%s", kind, of);
    hash_sha256(buf_span(&text), hash);
    buf_release(&text);
    hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x80);
    hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
    buf_put_str(out, "<id>urn:uuid:");
    for (size_t i = 0; i < UUID_BYTES; i++)
        buf_put_fmt(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", hash[i]);
    buf_put_str(out, "</id>\n");
}

static void
put_text(struct buf *out, const char *element, const char *language, const char *text)
{
    buf_put_fmt(out, "<%s", element);
    if (language[0] != '\0')
        buf_put_fmt(out, " xml:lang=\"%s\"", language);
    buf_put_byte(out, '>');
    xml_put(out, span_str(text));
    buf_put_fmt(out, "</%s>\n", element);
}

static void
put_time(struct buf *out, const char *element, struct utc t)
{
    char text[UTC_TEXT_MAX];

    utc_print(utc_is_zero(t) ? utc_from_unix(0, 0) : t, 0, text);
    put_text(out, element, "", text);
}

static void
put_author(struct buf *out, const char *name)
{
    buf_put_str(out, "<author>");
    put_text(out, "name", "", name);
    buf_put_str(out, "</author>\n");
}

static void
put_link(struct buf *out, const char *rel, const char *media, const char *base, const char *name)
{
    buf_put_fmt(out, "<link rel=\"%s\" type=\"%s\" href=\"", rel, media);
    xml_put(out, span_str(base));
    buf_put_fmt(out, "%s\"/>\n", name);
}

static void
put_entry(const struct atom_feed *f, const struct item *item,
          void (*content)(void *cookie, const struct item *item, struct buf *out), void *cookie,
          struct buf *out)
{
    char name[ATOM_NAME_MAX];
    size_t before;

    atom_name(item, name);
    buf_put_str(out, "<entry>\n");
    put_id(out, "record", item->id);
    put_text(out, "title", item->language, item->title);
    put_time(out, "updated", item->updated);
    put_author(out, item->author);
    put_link(out, "alternate", "application/cap+xml", f->base, name);
    put_text(out, "summary", item->language, item->summary);
    before = out->n;
    buf_put_str(out, "<content type=\"application/cap+xml\">\n");
    size_t begun = out->n;
    content(cookie, item, out);
    if (out->n > begun)
        buf_put_str(out, "\n</content>\n");
    else
        out->n = before;
    buf_put_str(out, "</entry>\n");
}

int
atom_write(const struct atom_feed *f, const struct item *const *items, size_t n,
           void (*content)(void *cookie, const struct item *item, struct buf *out), void *cookie,
           struct buf *out)
{
    buf_put_str(out,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
    put_id(out, "cap-atom", f->seed);
    put_text(out, "title", "", f->title);
    put_time(out, "updated", f->updated);
    put_author(out, f->author);
    put_link(out, "self", "application/atom+xml", f->base, f->name);
    buf_put_str(out, "<generator>parallax-plugin-cap-atom</generator>\n");
    for (size_t i = 0; i < n; i++)
        put_entry(f, items[i], content, cookie, out);
    buf_put_str(out, "</feed>\n");
    return buf_failed(out) ? -1 : 0;
}
