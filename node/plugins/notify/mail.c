#include "plugins/notify/mail.h"

#include "base/text.h"
#include "crypt/hash.h"

#define SUBJECT_BYTES 400
#define WORD_BYTES                                                                                           \
    45 /* of one encoded word: 12 + 4 * 15 characters of the 75 that RFC 2047 section 2 allows */
#define LINE_BYTES 57 /* 76 characters: RFC 2045 section 6.8 */
#define TEXT_BYTES (64 * ITEM_TEXT_MAX)

void
mail_subject(const struct config *c, struct book_page *const *pages, size_t n, struct buf *out)
{
    const struct item *worst = &pages[0]->item;

    for (size_t k = 1; k < n; k++) {
        if (config_rank(c, pages[k]->item.level) > config_rank(c, worst->level))
            worst = &pages[k]->item;
    }
    if (strcmp(worst->mode, "REAL") != 0)
        buf_put_fmt(out, "[%s] ", worst->mode);
    if (n > 1)
        buf_put_fmt(out, "%zu alerts, the gravest: ", n);
    if (strcmp(worst->state, "CANCELLED") == 0)
        buf_put_str(out, "OVER: ");
    else if (worst->level[0] != '\0')
        buf_put_fmt(out, "%s: ", worst->level);
    buf_put_str(out, worst->headline);
}

/* As it is where it is short and plain, else as encoded words of whole characters, one a line. */
static void
put_header(struct buf *out, const char *name, struct span text)
{
    bool plain = text.n <= 66 && text_is_printable(text) && memchr(text.p, '=', text.n) == NULL;

    buf_put_fmt(out, "%s:", name);
    if (plain) {
        buf_put_byte(out, ' ');
        buf_put_span(out, text);
    }
    for (size_t at = 0; !plain && at < text.n;) {
        size_t n = text.n - at < WORD_BYTES ? text.n - at : WORD_BYTES;
        while (at + n < text.n && n > 1 && (text.p[at + n] & 0xc0) == 0x80)
            n--;
        buf_put_str(out, at > 0 ? "\r\n =?UTF-8?B?" : " =?UTF-8?B?");
        text_base64(out, span_of(text.p + at, n));
        buf_put_str(out, "?=");
        at += n;
    }
    buf_put_str(out, "\r\n");
}

/* RFC 5322 section 3.3. */
static void
put_date(struct buf *out, struct utc now)
{
    static const char *const days[] = {"Wed", "Thu", "Fri", "Sat",
                                       "Sun", "Mon", "Tue"}; /* MJD 0 was a Wednesday */
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[UTC_TEXT_MAX];
    int year, month, day;

    utc_calendar(now.mjd, &year, &month, &day);
    utc_print(now, 0, text);
    buf_put_fmt(out, "Date: %s, %d %s %d %.8s +0000\r\n", days[now.mjd % 7], day, months[month - 1], year,
                text + 11);
}

static void
put_id(const struct config *c, const struct recipient *r, struct book_page *const *pages, size_t n,
       struct buf *out)
{
    uint8_t hash[HASH_BYTES];
    char hex[2 * HASH_BYTES + 1];
    struct buf all;

    buf_init(&all, TEXT_BYTES);
    buf_put_str(&all, r->name);
    for (size_t k = 0; k < n; k++)
        buf_put_fmt(&all, " %s", pages[k]->item.id);
    hash_sha256(buf_span(&all), hash);
    text_hex_of(hash, sizeof hash, hex);
    buf_put_fmt(out, "Message-ID: <%.32s%s>\r\n", hex, strchr(c->from, '@'));
    buf_release(&all);
}

static void
put_text(struct book_page *const *pages, size_t n, struct buf *out)
{
    struct buf text;

    buf_init(&text, TEXT_BYTES);
    for (size_t k = 0; k < n; k++) {
        if (n > 1)
            buf_put_fmt(&text, "%s--- %zu of %zu ---\n", k > 0 ? "\n" : "", k + 1, n);
        buf_put_str(&text, pages[k]->item.text);
    }
    buf_put_str(&text, "\nTo acknowledge, publish a receipt that names the record. Until then the next on "
                       "the list are told.\n");
    for (size_t at = 0; at < text.n; at += LINE_BYTES) {
        text_base64(out, span_of(text.p + at, text.n - at < LINE_BYTES ? text.n - at : LINE_BYTES));
        buf_put_str(out, "\r\n");
    }
    if (buf_failed(&text))
        out->failed = true;
    buf_release(&text);
}

void
mail_write(const struct config *c, const struct recipient *r, struct book_page *const *pages, size_t n,
           struct utc now, struct buf *out)
{
    struct buf subject;

    buf_init(&subject, 4 * SUBJECT_BYTES);
    mail_subject(c, pages, n, &subject);
    put_date(out, now);
    buf_put_fmt(out, "From: Parallax <%s>\r\nTo: <%s>\r\n", c->from, r->mail);
    put_header(out, "Subject", buf_span(&subject));
    put_id(c, r, pages, n, out);
    buf_put_str(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n");
    for (size_t k = 0; k < n; k++)
        buf_put_fmt(out, "X-Parallax-Record: %s\r\n", pages[k]->item.id);
    buf_put_str(out, "\r\n");
    put_text(pages, n, out);
    if (buf_failed(&subject))
        out->failed = true;
    buf_release(&subject);
}
