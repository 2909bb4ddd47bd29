#include "types/stranger.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "syntax/json.h"
#include "syntax/xml.h"

#define QUOTED_BYTES 60
#define MEMBERS_MAX  4

static int
say(struct why *why, const char *note)
{
    return why_set(why, WHY_FORMAT_UNKNOWN, 0, 0, NULL, "%s", note);
}

static int
say_quoted(struct why *why, const char *before, struct span text, const char *after)
{
    struct buf b;

    buf_init(&b, 512);
    buf_put_str(&b, before);
    text_quote(&b, text, QUOTED_BYTES);
    buf_put_str(&b, after);
    say(why, buf_cstr(&b));
    buf_release(&b);
    return -1;
}

/* UTF-16 by its mark, or because every second byte of its beginning is zero: one NUL alone makes none. */
static bool
is_utf16(struct span head)
{
    bool zero[2] = {true, true};

    if (head.n >= 2 && (memcmp(head.p, "\xFF\xFE", 2) == 0 || memcmp(head.p, "\xFE\xFF", 2) == 0))
        return true;
    if (head.n < 4)
        return false;
    for (size_t i = 0; i < 16 && i < head.n; i++)
        zero[i % 2] = zero[i % 2] && head.p[i] == 0;
    return zero[0] != zero[1];
}

/* The name of what packed or drew ${head}, by its first bytes; NULL: none of these. */
static const char *
binary_name(struct span head)
{
    static const struct {
        const char *magic;
        size_t n;
        const char *name;
    } kinds[] = {{"\xFD"
                  "7zXZ",
                  5, "packed by xz: expected gzip, ZIP or plain text"},
                 {"BZh", 3, "packed by bzip2: expected gzip, ZIP or plain text"},
                 {"\x28\xB5\x2F\xFD", 4, "packed by zstd: expected gzip, ZIP or plain text"},
                 {"7z\xBC\xAF", 4, "packed by 7-Zip: expected gzip, ZIP or plain text"},
                 {"%PDF-", 5, "a PDF document: expected data"},
                 {"DAF/SPK", 7, "a SPICE kernel (SPK): expected an OEM or OCM"},
                 {"\x89PNG", 4, "an image: expected data"},
                 {"\xFF\xD8\xFF", 3, "an image: expected data"}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (head.n >= kinds[i].n && memcmp(head.p, kinds[i].magic, kinds[i].n) == 0)
            return kinds[i].name;
    }
    return NULL;
}

/* What the first object of a JSON text has: names of its members, and what it says of an error. */
struct members {
    struct buf names;
    unsigned n;
    unsigned depth;   /* of the first of them */
    char error[128];  /* quoted */
    char source[128]; /* quoted: who says that it answers */
    bool is_empty;    /* a list without elements */
};

static bool
tells_error(struct span key)
{
    static const char *const keys[] = {"error", "errors",  "message", "Error", "Message",
                                       "Login", "err_msg", "detail",  "title"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (span_is(key, keys[i]))
            return true;
    }
    return false;
}

static int
on_member(void *cookie, const struct json_event *event, struct why *why)
{
    struct members *m = cookie;
    struct buf text;

    (void)why;
    m->is_empty = event->kind == JSON_ARRAY_END && event->depth == 0 && m->n == 0;
    if (event->key.p == NULL || event->depth > 2)
        return 0;
    if (event->kind == JSON_STRING && m->error[0] == 0 && tells_error(event->key)) {
        buf_init_fixed(&text, m->error, sizeof m->error);
        text_quote(&text, event->text, QUOTED_BYTES);
        (void)buf_cstr(&text);
    }
    if (m->source[0] == 0 && event->kind == JSON_STRING && span_is(event->key, "source")) {
        buf_init_fixed(&text, m->source, sizeof m->source);
        text_quote(&text, event->text, QUOTED_BYTES);
        (void)buf_cstr(&text);
    }
    if (m->n == 0)
        m->depth = event->depth;
    if (event->depth != m->depth)
        return 0;
    if (m->n < MEMBERS_MAX) {
        buf_put_str(&m->names, m->n > 0 ? ", " : "");
        text_quote(&m->names, event->key, 30);
    }
    m->n++;
    return 0;
}

static int
refuse_json(struct span head, struct why *why)
{
    struct members m = {.n = 0};
    struct why none; /* the head may end anywhere */
    char note[480];

    why_clear(&none);
    buf_init(&m.names, 512);
    (void)json_read(head, on_member, &m, &none);
    if (m.error[0] != 0)
        (void)snprintf(note, sizeof note, "JSON that says %s: an answer without data", m.error);
    else if (m.is_empty && none.code == WHY_NONE)
        (void)snprintf(note, sizeof note, "an empty list: expected at least one record");
    else if (m.n == 0)
        (void)snprintf(note, sizeof note, "JSON without the members of any format known");
    else
        (void)snprintf(note, sizeof note, "JSON with the members %s%s%s%s: no format known has them",
                       buf_cstr(&m.names), m.n > MEMBERS_MAX ? ", ..." : "",
                       m.source[0] != 0 ? ", from " : "", m.source);
    buf_release(&m.names);
    return say(why, note);
}

static int
refuse_xml(struct span head, struct span root, struct why *why)
{
    struct span names[2];

    if (text_equal_nocase(root, "html") || text_equal_nocase(root, "head"))
        return say(why, "HTML, a web page: expected data");
    if (text_equal_nocase(root, "rss") || text_equal_nocase(root, "rdf"))
        return say(why, "an RSS feed: expected an Atom feed, or the alerts themselves");
    if (text_equal_nocase(root, "ndm") && xml_sniff(head, names, 2) < 2)
        return say(why, "an <ndm> without any message");
    if (text_equal_nocase(root, "ndm"))
        return say_quoted(why, "an <ndm> that begins with ", names[1], ", which no reader knows");
    return say_quoted(why, "XML with the root element ", root, ", which no reader knows");
}

static struct span
next_line(struct span *rest)
{
    size_t n = 0;
    struct span line;

    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    line = span_of(rest->p, n);
    if (n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n')
        n++;
    *rest = n < rest->n ? span_of(rest->p + n + 1, rest->n - n - 1) : span_of(rest->p + n, 0);
    return line;
}

/* CCSDS_xxx_VERS before the first `=` of a line, in any case. */
static struct span
version_keyword(struct span line)
{
    const uint8_t *sign = memchr(line.p, '=', line.n);
    struct span word = sign != NULL ? text_trim(span_of(line.p, (size_t)(sign - line.p))) : span_of(NULL, 0);

    return word.n == 14 && text_equal_nocase(span_of(word.p, 6), "CCSDS_") &&
                   text_equal_nocase(span_of(word.p + 9, 5), "_VERS")
               ? word
               : span_of(NULL, 0);
}

/* A message in KVN whose version keyword is not where, or not as, the grammar wants it. Is it one? */
static bool
refuse_kvn(struct span head, struct why *why)
{
    for (uint32_t n = 1; head.n > 0; n++) {
        struct span line = next_line(&head);
        struct span word = version_keyword(line);
        char note[128];

        if (word.p == NULL)
            continue;
        if (word.p[0] == 'c')
            (void)snprintf(note, sizeof note, "%.14s: keywords are written in capitals",
                           (const char *)word.p);
        else
            (void)snprintf(
                note, sizeof note,
                "%.14s: expected on the first line that is not blank, and of a message that is known",
                (const char *)word.p);
        why_set(why, WHY_FORMAT_UNKNOWN, n, 1, NULL, "%s", note);
        return true;
    }
    return false;
}

static size_t
count(struct span line, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < line.n; i++)
        n += line.p[i] == (uint8_t)c;
    return n;
}

static int
refuse_text(struct span head, struct why *why)
{
    struct span rest = head, line = next_line(&rest), trimmed = text_trim(line);

    while (rest.n > 0 && trimmed.n == 0) {
        line = next_line(&rest);
        trimmed = text_trim(line);
    }
    if (trimmed.n == 0)
        return say(why, "nothing but blanks: expected data");
    if (refuse_kvn(head, why))
        return -1;
    if (trimmed.n >= 60 && trimmed.p[1] == ' ' && (trimmed.p[0] == '1' || trimmed.p[0] == '2'))
        return say_quoted(why, "a line of an element set without the one that goes with it: ", trimmed,
                          ": expected line 1, then line 2");
    if (count(trimmed, ';') >= 3 && count(trimmed, ',') == 0)
        return say_quoted(why, "a table with semicolons between its columns: ", trimmed, ": expected commas");
    return say_quoted(why, "no format known begins with ", span_of(line.p, line.n < 60 ? line.n : 60), "");
}

/* Text with a zero byte, or no text at all. */
static int
refuse_zero(struct span head, struct why *why)
{
    struct span rest = head;

    for (uint32_t n = 1; rest.n > 0; n++) {
        struct span line = next_line(&rest);
        const uint8_t *zero = memchr(line.p, 0, line.n);

        if (zero != NULL && text_is_printable(span_of(line.p, (size_t)(zero - line.p))) && zero > head.p)
            return why_set(why, WHY_TEXT_ENCODING, n, (uint32_t)(zero - line.p) + 1, NULL,
                           "a zero byte: expected text");
        if (zero != NULL)
            break;
    }
    return say(why, "the input is not text");
}

int
stranger_refuse(struct span head, struct why *why)
{
    struct span name;

    if (head.n == 0)
        return say(why, "the input is empty");
    if (is_utf16(head))
        return why_set(why, WHY_TEXT_ENCODING, 1, 1, NULL, "UTF-16 text: expected UTF-8");
    if (binary_name(head) != NULL)
        return say(why, binary_name(head));
    if (memchr(head.p, 0, head.n) != NULL)
        return refuse_zero(head, why);
    if (xml_sniff(head, &name, 1) == 1)
        return refuse_xml(head, name, why);
    if (json_is_likely(head))
        return refuse_json(head, why);
    return refuse_text(head, why);
}
