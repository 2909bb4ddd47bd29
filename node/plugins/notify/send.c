#include "plugins/notify/send.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "plugins/notify/hook.h"
#include "plugins/notify/mail.h"

#define MESSAGE_BYTES (2 * SEND_DIGEST_MAX * ITEM_TEXT_MAX)
#define ANSWER_BYTES  65536
#define RETRY_S_MAX   3600 /* that a server may ask for */

static size_t
give(char *to, size_t size, size_t n, void *cookie)
{
    struct send_call *c = cookie;
    size_t left = c->message.n - c->at, take = size * n < left ? size * n : left;

    memcpy(to, c->message.p + c->at, take);
    c->at += take;
    return take;
}

/* Nobody reads it; more than a little of it ends the call. */
static size_t
drop(char *p, size_t size, size_t n, void *cookie)
{
    struct send_call *c = cookie;

    (void)p;
    c->answered += size * n;
    return c->answered > ANSWER_BYTES ? 0 : size * n;
}

int
send_init(struct send *s, const struct config *config)
{
    memset(s, 0, sizeof *s);
    s->config = config;
    for (size_t i = 0; i < CONFIG_RECIPIENTS_MAX; i++)
        buf_init(&s->call[i].message, MESSAGE_BYTES);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -1;
    s->multi = curl_multi_init();
    return s->multi != NULL ? 0 : -1;
}

static void
finish(struct send *s, struct send_call *c)
{
    if (c->handle != NULL)
        (void)curl_multi_remove_handle(s->multi, c->handle);
    curl_easy_cleanup(c->handle);
    curl_slist_free_all(c->headers);
    curl_slist_free_all(c->to);
    c->handle = c->headers = c->to = NULL;
}

void
send_release(struct send *s)
{
    for (size_t i = 0; i < CONFIG_RECIPIENTS_MAX; i++) {
        finish(s, &s->call[i]);
        buf_release(&s->call[i].message);
    }
    (void)curl_multi_cleanup(s->multi);
    curl_global_cleanup();
}

static int
add(void **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer == NULL)
        return -1;
    *list = longer;
    return 0;
}

static int
prepare_mail(const struct config *c, const struct recipient *r, struct send_call *call, int64_t now_s)
{
    CURL *h = call->handle;
    char from[300], to[300];

    (void)snprintf(from, sizeof from, "<%s>", c->from);
    (void)snprintf(to, sizeof to, "<%s>", r->mail);
    mail_write(c, r, call->page, call->n, utc_from_unix(now_s, 0), &call->message);
    if (add(&call->to, to) != 0)
        return -1;
    (void)curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    (void)curl_easy_setopt(h, CURLOPT_URL, c->smtp);
    (void)curl_easy_setopt(h, CURLOPT_USE_SSL, (long)(c->tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    (void)curl_easy_setopt(h, CURLOPT_MAIL_FROM, from);
    (void)curl_easy_setopt(h, CURLOPT_MAIL_RCPT, call->to);
    (void)curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    if (c->user[0] != '\0') {
        (void)curl_easy_setopt(h, CURLOPT_USERNAME, c->user);
        (void)curl_easy_setopt(h, CURLOPT_PASSWORD, c->password);
    }
    return 0;
}

static int
prepare_hook(const struct config *c, const struct recipient *r, struct send_call *call, int64_t now_s)
{
    const char *id = call->page[0]->item.id;
    char signature[HOOK_SIGNATURE_MAX], line[ITEM_ID_MAX + 64];
    CURL *h = call->handle;

    hook_body(c, call->page[0], &call->message);
    if (buf_failed(&call->message) ||
        hook_sign(r->secret, now_s, id, buf_span(&call->message), signature) != 0 ||
        add(&call->headers, "Content-Type: application/json") != 0 || add(&call->headers, "Expect:") != 0)
        return -1;
    (void)snprintf(line, sizeof line, "X-Parallax-Delivery: %s", id);
    if (add(&call->headers, line) != 0)
        return -1;
    (void)snprintf(line, sizeof line, "X-Parallax-Timestamp: %" PRId64, now_s);
    if (add(&call->headers, line) != 0)
        return -1;
    (void)snprintf(line, sizeof line, "X-Parallax-Signature: %s", signature);
    if (add(&call->headers, line) != 0)
        return -1;
    (void)curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(h, CURLOPT_URL, r->hook);
    (void)curl_easy_setopt(h, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->message.n);
    (void)curl_easy_setopt(h, CURLOPT_HTTPHEADER, call->headers);
    (void)curl_easy_setopt(h, CURLOPT_USERAGENT, "parallax/" PARALLAX_VERSION " (notify)");
    return 0;
}

int
send_begin(struct send *s, size_t i, struct book_page *const *pages, size_t n, int64_t now_s)
{
    const struct recipient *r = &s->config->recipient[i];
    struct send_call *call = &s->call[i];
    CURL *h = curl_easy_init();
    int rc;

    if (h == NULL)
        return -1;
    call->handle = h;
    call->at = call->answered = 0;
    call->n = n;
    memcpy(call->page, pages, n * sizeof pages[0]);
    buf_clear(&call->message);
    (void)curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(h, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
    (void)curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)s->config->timeout_s);
    (void)curl_easy_setopt(h, CURLOPT_CAINFO, s->config->ca);
    (void)curl_easy_setopt(h, CURLOPT_READFUNCTION, give);
    (void)curl_easy_setopt(h, CURLOPT_READDATA, call);
    (void)curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, drop);
    (void)curl_easy_setopt(h, CURLOPT_WRITEDATA, call);
    (void)curl_easy_setopt(h, CURLOPT_PRIVATE, (void *)call);
    rc = r->mail[0] != '\0' ? prepare_mail(s->config, r, call, now_s)
                            : prepare_hook(s->config, r, call, now_s);
    if (rc == 0 && !buf_failed(&call->message) && curl_multi_add_handle(s->multi, h) == CURLM_OK)
        return 0;
    finish(s, call);
    return -1;
}

bool
send_turn(struct send *s, int fd, int timeout_ms)
{
    struct curl_waitfd wait = {.fd = fd, .events = CURL_WAIT_POLLIN};
    int running, events;

    (void)curl_multi_perform(s->multi, &running);
    (void)curl_multi_poll(s->multi, &wait, fd >= 0 ? 1 : 0, timeout_ms, &events);
    (void)curl_multi_perform(s->multi, &running);
    return wait.revents != 0;
}

static void
judge(const struct send *s, const struct send_call *call, CURLcode rc, struct send_result *out)
{
    bool mail = s->config->recipient[out->recipient].mail[0] != '\0';
    curl_off_t retry = 0;
    long status = 0;

    (void)curl_easy_getinfo(call->handle, CURLINFO_RESPONSE_CODE, &status);
    if (!mail && curl_easy_getinfo(call->handle, CURLINFO_RETRY_AFTER, &retry) == CURLE_OK)
        out->retry_s = retry < RETRY_S_MAX ? (int64_t)retry : RETRY_S_MAX;
    out->delivered = rc == CURLE_OK && (mail || (status >= 200 && status < 300)); /* a mail: after 250 only */
    if (rc != CURLE_OK)
        (void)snprintf(out->note, sizeof out->note, "%s (status %ld)", curl_easy_strerror(rc), status);
    else
        (void)snprintf(out->note, sizeof out->note, "%s status %ld", mail ? "SMTP" : "HTTP", status);
}

bool
send_next(struct send *s, struct send_result *out)
{
    struct send_call *call;
    char *cookie = NULL;
    CURLMsg *m;
    int left;

    do {
        m = curl_multi_info_read(s->multi, &left);
    } while (m != NULL && m->msg != CURLMSG_DONE);
    if (m == NULL || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &cookie) != CURLE_OK)
        return false;
    call = (struct send_call *)(void *)cookie;
    *out = (struct send_result){.recipient = (size_t)(call - s->call)};
    judge(s, call, m->data.result, out);
    finish(s, call);
    return true;
}
