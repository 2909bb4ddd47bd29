/*
 * Messages on their way, one a recipient at a time, all at once: SMTP (RFC 5321, STARTTLS or TLS) and HTTP POST. Certificates are checked, nothing
 * is redirected, no proxy; what a server answers is bounded, and nothing of it but a status is believed. One thread.
 */
#ifndef PLUGINS_NOTIFY_SEND_H
#define PLUGINS_NOTIFY_SEND_H

#include "plugins/notify/book.h"

#define SEND_NOTE_MAX   200
#define SEND_DIGEST_MAX 50 /* alerts in one message */

struct send_call {
    void *handle;  /* CURL *; NULL: nothing is on its way */
    void *headers; /* struct curl_slist * */
    void *to;      /* struct curl_slist * */
    struct buf message;
    size_t at; /* of it, read so far */
    size_t answered;
    struct book_page *page[SEND_DIGEST_MAX];
    size_t n;
};

struct send {
    const struct config *config;
    void *multi; /* CURLM * */
    struct send_call call[CONFIG_RECIPIENTS_MAX];
};

struct send_result {
    size_t recipient;
    bool delivered;
    int64_t retry_s;          /* that the server asks for; 0 = does not say */
    char note[SEND_NOTE_MAX]; /* what went wrong; no secret in it, and nothing that the server wrote */
};

/* 0 or -1. */
int send_init(struct send *s, const struct config *config);
void send_release(struct send *s);

/* Begin to tell recipient ${i} of the ${n} alerts of ${pages}; a webhook takes one. 0, or -1: no memory. */
int send_begin(struct send *s, size_t i, struct book_page *const *pages, size_t n, int64_t now_s);

/* Wait until ${fd} (-1: none) can be read, a server answers or ${timeout_ms} has passed, and go on. Can ${fd} be read? */
bool send_turn(struct send *s, int fd, int timeout_ms);

/* The next message that came to an end; its pages are in the call of that recipient until the next send_begin(). False: none. */
bool send_next(struct send *s, struct send_result *out);

#endif
