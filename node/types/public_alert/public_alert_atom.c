/*
 * An Atom feed (RFC 4287) of CAP alerts, each in the content of its entry. An entry that only links to its alert is reported: nothing is
 * fetched. The original of a record is its <alert>, byte for byte, as its signature wants it; the rest of its entry goes before and behind.
 */
#include <string.h>

#include "base/text.h"
#include "types/public_alert/public_alert_map.h"

#define FEED "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"

struct feed {
    struct public_alert_reading alert;
    const struct convert *how;
    struct arena *arena;
    struct why *why;
    struct span head; /* the start tag of the feed */
    unsigned depth;   /* of the <alert> that is open or was read in this entry; 0: none yet */
    bool in_alert;
    size_t entry; /* offset of the open entry */
    struct place entry_at;
    size_t entries, records;
};

static int
begin_alert(struct feed *f, const struct xml_event *e)
{
    if (f->depth > 0)
        return why_set(f->why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, "alert",
                       "a second alert in one entry");
    if (fill_begin(&f->alert.fill, &public_alert_map, FILL_TABLE, f->how, f->arena, f->why) != 0)
        return -1;
    f->depth = e->depth;
    f->in_alert = true;
    f->alert.leaf = NULL;
    f->alert.skip = 0;
    return 0;
}

/* What goes before the alert: the feed's tag and its entry up to there; behind it: the rest of both. */
static int
end_entry(struct feed *f, const struct xml_event *e)
{
    struct public_alert_reading *a = &f->alert;
    struct buf text[2];
    Parallax__V1__PublicAlert *msg;
    int rc = -1;

    f->entries++;
    if (f->depth == 0) {
        a->fill.how = f->how;
        a->fill.why = f->why;
        return fill_tolerate(&a->fill, WHY_FIELD_MISSING, f->entry_at, "entry",
                             "it only links to its alert, which has to be fetched: left out");
    }
    f->records++;
    f->depth = 0;
    for (int i = 0; i < 2; i++)
        buf_init(&text[i], LIMIT_BODY_BYTES);
    buf_put_span(&text[0], f->head);
    buf_put_span(&text[0], span_of(a->input.p + f->entry, a->start - f->entry));
    buf_put_span(&text[1], span_of(a->input.p + a->end, e->offset - a->end));
    buf_put_str(&text[1], "</feed>\n");
    if (buf_failed(&text[0]) || buf_failed(&text[1])) {
        fill_full(&a->fill, f->entry_at);
    } else if (fill_source(&a->fill, "cap-atom", span_of(a->input.p + a->start, a->end - a->start),
                           buf_span(&text[0])) == 0) {
        msg = (Parallax__V1__PublicAlert *)a->fill.msg;
        msg->source->trailer = (ProtobufCBinaryData){text[1].n, text[1].p};
        rc = fill_emit(&a->fill, a->emit, a->cookie);
    }
    for (int i = 0; i < 2; i++)
        buf_release(&text[i]);
    return rc;
}

static int
on_event(void *cookie, const struct xml_event *e, struct why *why)
{
    struct feed *f = cookie;

    if (e->depth == 0 && e->kind == XML_START) {
        const uint8_t *end = memchr(f->alert.input.p + e->offset, '>', f->alert.input.n - e->offset);

        if (!span_is(e->name, "feed") || end == NULL)
            return why_set(why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, NULL, "expected <feed>");
        f->head = span_of(f->alert.input.p + e->offset, (size_t)(end + 1 - f->alert.input.p) - e->offset);
        return 0;
    }
    if (e->depth == 1 && span_is(e->name, "entry")) {
        if (e->kind == XML_END)
            return end_entry(f, e);
        f->entry = e->offset;
        f->entry_at = e->place;
        f->depth = 0;
    } else if (e->depth > 1 && (f->in_alert || (e->kind == XML_START && span_is(e->name, "alert")))) {
        struct xml_event inner = *e;

        if (!f->in_alert && begin_alert(f, e) != 0)
            return -1;
        inner.depth -= f->depth;
        f->in_alert = !(e->kind == XML_END && inner.depth == 0);
        return public_alert_on_event(&f->alert, &inner, why);
    }
    return 0;
}

static int
read_atom(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
          struct why *why)
{
    struct feed f = {.how = how, .arena = a, .why = why};

    f.alert = (struct public_alert_reading){.input = input, .emit = emit, .cookie = cookie, .is_entry = true};
    if (xml_read(input, on_event, &f, why) != 0)
        return -1;
    if (f.records > 0)
        return 0;
    return why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no alert in the feed: its %zu entries hold none",
                   f.entries);
}

static int
probe(struct span head)
{
    static const char space[] = "urn:oasis:names:tc:emergency:cap:1.";
    struct span name;

    if (xml_sniff(head, &name, 1) != 1 || !span_is(name, "feed"))
        return 0;
    return memmem(head.p, head.n, space, sizeof space - 1) != NULL ? 95 : 30;
}

static void
begin(struct buf *out)
{
    buf_put_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" FEED
                     "<id>tag:parallax.invalid,2026:cap-atom</id>\n<title>Public alerts</title>\n");
}

/* The feed is as new as its newest entry. Order says nothing in Atom, so that it can stand at the end. */
static void
end(struct buf *out)
{
    static const char mark[] = "<updated>";
    struct utc newest = {0, 0};
    char text[UTC_TEXT_MAX];

    for (size_t i = 0; i + sizeof mark + 25 < out->n; i++) {
        struct utc t;
        bool zulu;

        if (out->p[i] == '<' && memcmp(out->p + i, mark, sizeof mark - 1) == 0 &&
            public_alert_time(span_of(out->p + i + sizeof mark - 1, 25), &t, &zulu) == 0 &&
            utc_compare(t, newest) > 0)
            newest = t;
    }
    utc_print(newest, 0, text);
    buf_put_fmt(out, "<updated>%s</updated>\n</feed>\n", text);
}

/* RFC 3986: all but unreserved characters by their bytes. */
static void
put_escaped(struct buf *out, const char *text)
{
    for (const char *p = text; *p != 0; p++) {
        if (strchr("-._~", *p) != NULL || (*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z'))
            buf_put_byte(out, (uint8_t)*p);
        else
            buf_put_fmt(out, "%%%02X", (unsigned)(uint8_t)*p);
    }
}

static void
put_text(struct buf *out, const char *element, const char *value)
{
    buf_put_fmt(out, "<%s>", element);
    xml_put(out, span_str(value));
    buf_put_fmt(out, "</%s>\n", element);
}

static int
write_atom(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Parallax__V1__PublicAlert *a = (const Parallax__V1__PublicAlert *)msg;
    const Parallax__V1__CapInfo *info = a->n_info > 0 ? a->info[0] : NULL;
    const char *title = info == NULL ? "" : info->headline[0] != 0 ? info->headline : info->event;

    (void)how;
    buf_put_str(out, "<entry>\n<id>tag:parallax.invalid,2026:cap/");
    put_escaped(out, a->sender);
    buf_put_byte(out, '/');
    put_escaped(out, a->identifier);
    buf_put_str(out, "</id>\n");
    put_text(out, "title", *title != 0 ? title : a->msg_type);
    /* Z for UTC stands in alerts that we tolerate: one width for all, which end() looks for. */
    buf_put_fmt(out, "<updated>%.19s%s</updated>\n<author>", a->sent,
                strlen(a->sent) > 20 ? a->sent + 19 : "-00:00");
    put_text(out, "name", info != NULL && info->sender_name[0] != 0 ? info->sender_name : a->sender);
    buf_put_str(out, "</author>\n<content type=\"application/cap+xml\">\n");
    if (public_alert_write(a, out, why) != 0)
        return -1;
    buf_put_str(out, "</content>\n</entry>\n");
    return 0;
}

const struct reader public_alert_atom_reader = {
    "cap-atom", "application/atom+xml", "Atom feed of CAP alerts", LIMIT_INPUT_BYTES, probe, read_atom};
const struct writer public_alert_atom_writer = {.format = "cap-atom",
                                                .media = "application/atom+xml",
                                                .title = "Atom feed of CAP 1.2 alerts",
                                                .lossless = true,
                                                .begin = begin,
                                                .end = end,
                                                .write = write_atom};
