/* Runs in the threads of the program that links it. */
#include "lib/parallax.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib/parallax_internal.h"

#define ERROR_BYTES 1024

static _Thread_local char error[ERROR_BYTES];

const char *
parallax_version(void)
{
    return PARALLAX_VERSION;
}

const char *
parallax_error(void)
{
    return error;
}

void
parallax_begin(void)
{
    error[0] = '\0';
    if (sodium_init() < 0) /* safe to call again, in any thread */
        abort();           /* no randomness on this machine */
}

int
parallax_say(int result, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(error, sizeof error, fmt, ap);
    va_end(ap);
    return result;
}

int
parallax_say_why(const struct why *why)
{
    struct buf text;

    buf_init(&text, ERROR_BYTES - 1);
    why_print(why, NULL, &text);
    (void)parallax_say(PARALLAX_REFUSED, "%s", buf_failed(&text) ? why_text(why->code) : buf_cstr(&text));
    buf_release(&text);
    return PARALLAX_REFUSED;
}

int
parallax_open(const char *directory, parallax **node)
{
    parallax *p;
    int dir, rc;

    parallax_begin();
    if (directory == NULL || node == NULL)
        return parallax_say(PARALLAX_INVALID, "expected a directory");
    *node = NULL;
    dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return parallax_say(PARALLAX_INVALID, "%s: %s", directory, strerror(errno));
    p = mem_new(sizeof *p);
    rc = parallax_link_open(&p->link, dir);
    (void)close(dir);
    if (rc != 0) {
        free(p);
        return rc;
    }
    (void)pthread_mutex_init(&p->lock, NULL);
    *node = p;
    return PARALLAX_DONE;
}

void
parallax_close(parallax *node)
{
    if (node == NULL)
        return;
    parallax_link_close(&node->link);
    (void)pthread_mutex_destroy(&node->lock);
    free(node);
}

static int
ask(parallax *node, Parallax__V1__Request *request, Parallax__V1__Answer__WhatCase what, int64_t ms,
    Parallax__V1__Answer **answer)
{
    int rc;

    (void)pthread_mutex_lock(&node->lock);
    rc = parallax_link_ask(&node->link, request, what, ms, answer);
    (void)pthread_mutex_unlock(&node->lock);
    return rc;
}

int
parallax_connect(parallax *node, int64_t timeout_ms, parallax_cursor *newest)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__StatusRequest status = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Answer *answer;
    int rc;

    parallax_begin();
    if (node == NULL)
        return parallax_say(PARALLAX_INVALID, "expected a node");
    request.what_case = PARALLAX__V1__REQUEST__WHAT_STATUS;
    request.status = &status;
    rc = ask(node, &request, PARALLAX__V1__ANSWER__WHAT_STATUS, timeout_ms, &answer);
    if (rc != PARALLAX_DONE)
        return rc;
    if (newest != NULL && answer->status->incarnation.len == sizeof newest->incarnation) {
        memcpy(newest->incarnation, answer->status->incarnation.data, sizeof newest->incarnation);
        newest->number = answer->status->delivery;
    }
    parallax__v1__answer__free_unpacked(answer, NULL);
    return PARALLAX_DONE;
}

/* "HEX:INDEX" for a request; ${log} is the caller's. */
static int
read_id(const char *text, uint8_t log[LOG_ID_BYTES], Parallax__V1__RecordId *id)
{
    parallax__v1__record_id__init(id);
    id->log = (ProtobufCBinaryData){LOG_ID_BYTES, log};
    if (text == NULL || record_id_parse(span_str(text), log, &id->index) != 0)
        return parallax_say(PARALLAX_INVALID, "expected the id of a record, HEX:INDEX");
    return PARALLAX_DONE;
}

int
parallax_get(parallax *node, const char *id, int64_t timeout_ms, parallax_record **record)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__RecordRequest one = PARALLAX__V1__RECORD_REQUEST__INIT;
    Parallax__V1__RecordId wanted;
    Parallax__V1__Answer *answer;
    uint8_t log[LOG_ID_BYTES];
    int rc;

    parallax_begin();
    if (node == NULL || record == NULL)
        return parallax_say(PARALLAX_INVALID, "expected a node, and where the record goes");
    *record = NULL;
    rc = read_id(id, log, &wanted);
    if (rc != PARALLAX_DONE)
        return rc;
    one.id = &wanted;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_RECORD;
    request.record = &one;
    rc = ask(node, &request, PARALLAX__V1__ANSWER__WHAT_RECORDS, timeout_ms, &answer);
    if (rc != PARALLAX_DONE)
        return rc;
    if (answer->records->n_rows == 1)
        *record = parallax_record_new(&answer->records->rows[0], (ProtobufCBinaryData){0, NULL});
    else
        rc = parallax_say(PARALLAX_REFUSED, "%s is not held here", id);
    parallax__v1__answer__free_unpacked(answer, NULL);
    return rc;
}

int
parallax_prove(parallax *node, const char *id, int reveal, int64_t timeout_ms, char **proof, size_t *n)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__ProveRequest prove = PARALLAX__V1__PROVE_REQUEST__INIT;
    Parallax__V1__RecordId wanted;
    Parallax__V1__Answer *answer;
    uint8_t log[LOG_ID_BYTES];
    int rc;

    parallax_begin();
    if (node == NULL || proof == NULL || n == NULL)
        return parallax_say(PARALLAX_INVALID, "expected a node, and where the proof goes");
    *proof = NULL;
    rc = read_id(id, log, &wanted);
    if (rc != PARALLAX_DONE)
        return rc;
    prove.id = &wanted;
    prove.reveal = reveal != 0;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_PROVE;
    request.prove = &prove;
    rc = ask(node, &request, PARALLAX__V1__ANSWER__WHAT_PROVE, timeout_ms, &answer);
    if (rc != PARALLAX_DONE)
        return rc;
    *n = answer->prove->proof.len;
    *proof = mem_new(*n + 1);
    memcpy(*proof, answer->prove->proof.data, *n);
    parallax__v1__answer__free_unpacked(answer, NULL);
    return PARALLAX_DONE;
}

void
parallax_free(void *bytes)
{
    free(bytes);
}
