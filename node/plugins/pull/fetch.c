#include "plugins/pull/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define REDIRECTS_MAX    3
#define HEADER_BYTES_MAX 65536
#define SLOW_BYTES       10 /* a second, for 30 s: it hangs */

struct call {
    struct fetch *f;
    char etag[FETCH_TAG_MAX], modified[FETCH_TAG_MAX], content[FETCH_TAG_MAX];
    size_t header_bytes;
    bool too_large;
};

void
fetch_init(struct fetch *f, uint64_t body_max)
{
    memset(f, 0, sizeof *f);
    buf_init(&f->body, (size_t)body_max);
}

void
fetch_release(struct fetch *f)
{
    buf_release(&f->body);
}

static size_t
take_body(char *p, size_t size, size_t n, void *cookie)
{
    struct call *c = cookie;

    buf_put(&c->f->body, p, size * n);
    c->too_large = buf_failed(&c->f->body);
    return c->too_large ? 0 : size * n;
}

/* Printable, and short enough to be sent back; else as if it were not there. */
static void
keep(struct span value, char out[FETCH_TAG_MAX])
{
    out[0] = '\0';
    if (value.n < FETCH_TAG_MAX && text_plain_prefix(value) == value.n)
        (void)snprintf(out, FETCH_TAG_MAX, "%.*s", (int)value.n, (const char *)value.p);
}

static size_t
take_header(char *p, size_t size, size_t n, void *cookie)
{
    struct call *c = cookie;
    size_t all = size * n, name;
    struct span value;
    const char *colon = memchr(p, ':', all);

    c->header_bytes += all;
    if (c->header_bytes > HEADER_BYTES_MAX)
        return 0;
    if (all > 5 && memcmp(p, "HTTP/", 5) == 0) /* of another answer: after a 100, or a redirect */
        c->etag[0] = c->modified[0] = c->content[0] = '\0';
    if (colon == NULL)
        return all;
    name = (size_t)(colon - p);
    value = span_of(colon + 1, all - name - 1);
    while (value.n > 0 && (value.p[value.n - 1] == '\r' || value.p[value.n - 1] == '\n'))
        value.n--;
    value = text_trim(value);
    if (text_equal_nocase(span_of(p, name), "etag"))
        keep(value, c->etag);
    else if (text_equal_nocase(span_of(p, name), "last-modified"))
        keep(value, c->modified);
    else if (text_equal_nocase(span_of(p, name), "content-type"))
        keep(value, c->content);
    return all;
}

/* A part of a URL; NULL when it has none. curl_free() it. */
static char *
part_of(const char *url, CURLUPart part)
{
    CURLU *u = curl_url();
    char *text = NULL;

    if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
        (void)curl_url_get(u, part, &text, CURLU_DEFAULT_PORT);
    curl_url_cleanup(u);
    return text;
}

static bool
same_part(const char *a, const char *b, CURLUPart part)
{
    char *x = part_of(a, part), *y = part_of(b, part);
    bool same = x != NULL && y != NULL && strcasecmp(x, y) == 0;

    curl_free(x);
    curl_free(y);
    return same;
}

/* The same host, scheme and port; or from http to https of the same host, both at their own ports. */
static bool
may_follow(const char *from, const char *to)
{
    static const char plain[] = "http://", secure[] = "https://";

    if (!same_part(from, to, CURLUPART_HOST))
        return false;
    if (same_part(from, to, CURLUPART_SCHEME))
        return same_part(from, to, CURLUPART_PORT);
    return strncasecmp(from, plain, strlen(plain)) == 0 && strncasecmp(to, secure, strlen(secure)) == 0 &&
           same_part(from, "http://x/", CURLUPART_PORT) && same_part(to, "https://x/", CURLUPART_PORT);
}

static struct curl_slist *
conditions(const struct fetch *f)
{
    struct curl_slist *list = NULL;
    char line[FETCH_TAG_MAX + 32];

    if (f->etag[0] != '\0') {
        (void)snprintf(line, sizeof line, "If-None-Match: %s", f->etag);
        list = curl_slist_append(list, line);
    }
    if (f->modified[0] != '\0') {
        (void)snprintf(line, sizeof line, "If-Modified-Since: %s", f->modified);
        list = curl_slist_append(list, line);
    }
    return list;
}

static void
prepare(CURL *h, struct call *c, const struct source *s, const struct curl_slist *headers)
{
    (void)curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(h, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)s->timeout_s < 20 ? (long)s->timeout_s : 20L);
    (void)curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)s->timeout_s);
    (void)curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    (void)curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, 30L);
    (void)curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "gzip");
    (void)curl_easy_setopt(h, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)s->body_max);
    (void)curl_easy_setopt(h, CURLOPT_USERAGENT, "parallax/" PARALLAX_VERSION " (conditional, cached)");
    (void)curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
    (void)curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
}

static bool
has_prefix(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* A whole answer, of any status. */
static void
judge(struct fetch *f, const struct call *c, const struct source *s)
{
    if (f->status == 304 && (f->etag[0] != '\0' || f->modified[0] != '\0'))
        return;
    if (f->status != 200) {
        (void)snprintf(f->note, sizeof f->note, "HTTP status %ld", f->status);
        return;
    }
    if (c->content[0] != '\0' &&
        (s->content[0] != '\0' ? !has_prefix(c->content, s->content) : has_prefix(c->content, "text/html"))) {
        (void)snprintf(f->note, sizeof f->note, "media type %.100s: expected %s", c->content,
                       s->content[0] != '\0' ? s->content : "data");
        return;
    }
    memcpy(f->etag, c->etag, sizeof f->etag);
    memcpy(f->modified, c->modified, sizeof f->modified);
}

/* One request, and those that it is redirected to. */
static CURLcode
ask(CURL *h, struct call *c, const struct source *s)
{
    char url[1100];
    const char *next = NULL;
    CURLcode rc;

    (void)snprintf(url, sizeof url, "%s", s->url);
    for (int turn = 0;; turn++) {
        buf_clear(&c->f->body);
        c->header_bytes = 0;
        (void)curl_easy_setopt(h, CURLOPT_URL, url);
        rc = curl_easy_perform(h);
        (void)curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &c->f->status);
        if (rc != CURLE_OK || curl_easy_getinfo(h, CURLINFO_REDIRECT_URL, &next) != CURLE_OK || next == NULL)
            return rc;
        if (turn == REDIRECTS_MAX || strlen(next) >= sizeof url || !may_follow(url, next)) {
            (void)snprintf(c->f->note, sizeof c->f->note, "redirected to %.180s: %s", next,
                           turn == REDIRECTS_MAX ? "once too often" : "only the same host is followed");
            return CURLE_OK;
        }
        (void)snprintf(url, sizeof url, "%s", next);
    }
}

void
fetch_do(struct fetch *f, const struct source *s)
{
    struct curl_slist *headers = conditions(f);
    struct call c = {.f = f};
    CURL *h = curl_easy_init();
    curl_off_t retry = 0;
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    f->status = 0;
    f->retry_s = 0;
    f->note[0] = '\0';
    if (h != NULL) {
        prepare(h, &c, s, headers);
        rc = ask(h, &c, s);
        if (curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &retry) == CURLE_OK)
            f->retry_s = (int64_t)retry;
    }
    if (c.too_large || rc == CURLE_FILESIZE_EXCEEDED)
        (void)snprintf(f->note, sizeof f->note, "more than %zu bytes", f->body.max);
    else if (rc != CURLE_OK)
        (void)snprintf(f->note, sizeof f->note, "%s", curl_easy_strerror(rc));
    else if (f->note[0] == '\0')
        judge(f, &c, s);
    if (rc != CURLE_OK && f->status == 200)
        f->status = 0; /* its body is not whole */
    curl_easy_cleanup(h);
    curl_slist_free_all(headers);
}
