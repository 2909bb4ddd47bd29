/* Text in any format to records at the node: read and checked whole before anything is sent. */
#include "lib/parallax_internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "wire/unpack.h"

#define BODIES_BYTES ((size_t)LIMIT_INPUT_BYTES * 5) /* a record holds its source text and its fields */
#define HEADER_BYTES 256                             /* of one record, as the node counts a request */
#define KEY_MIN      16
#define KEY_MAX      64

struct parallax_ids {
    char (*id)[RECORD_ID_TEXT_MAX];
    size_t n;
};

struct batch_record {
    const struct type *type;
    size_t at, n;
};

struct text {
    struct buf bodies;
    struct batch_record *record;
    size_t n, cap;
};

static int
add(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct text *t = cookie;
    size_t at = t->bodies.n;

    pack(msg, &t->bodies);
    if (buf_failed(&t->bodies) || t->bodies.n - at > type->body_max)
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "record %zu is too large", t->n + 1);
    if (t->n == t->cap) {
        t->cap = t->cap == 0 ? 64 : t->cap * 2;
        t->record = mem_resize(t->record, t->cap * sizeof *t->record);
    }
    t->record[t->n++] = (struct batch_record){type, at, t->bodies.n - at};
    return 0;
}

/* How many records from ${first} go in one request: an alert and data have different logs. */
static size_t
part(const struct text *t, size_t first)
{
    size_t n = 0, bytes = 0;

    for (; first + n < t->n && n < LIMIT_BATCH_COUNT; n++) {
        const struct batch_record *r = &t->record[first + n];
        bytes += r->n + HEADER_BYTES;
        if (n > 0 && (bytes > LIMIT_BATCH_BYTES || r->type->alert != t->record[first].type->alert))
            break;
    }
    return n;
}

static int
take_ids(parallax_ids *ids, const Parallax__V1__PublishAnswer *answer, size_t want)
{
    size_t got = 0;

    for (size_t i = 0; i < answer->n_ranges; i++) {
        const Parallax__V1__PublishedRange *range = answer->ranges[i];
        for (uint32_t k = 0; k < range->count && range->log.len == LOG_ID_BYTES && got < want; k++, got++)
            record_id_print(range->log.data, range->first + k, ids->id[ids->n++]);
    }
    return got == want ? PARALLAX_DONE
                       : parallax_say(PARALLAX_LOST, "the node acknowledged fewer records than it was given");
}

static int
send_part(parallax *node, const struct text *t, size_t first, size_t n, Parallax__V1__PublishRequest *publish,
          int64_t ms, parallax_ids *ids)
{
    Parallax__V1__PublishRecord *record = mem_new(n * sizeof *record), **list = mem_new(n * sizeof *list);
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__Answer *answer;
    int rc;

    for (size_t i = 0; i < n; i++) {
        const struct batch_record *from = &t->record[first + i];
        parallax__v1__publish_record__init(&record[i]);
        record[i].type = (char *)(uintptr_t)from->type->name;
        record[i].body = (ProtobufCBinaryData){from->n, t->bodies.p + from->at};
        list[i] = &record[i];
    }
    publish->records = list;
    publish->n_records = n;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_PUBLISH;
    request.publish = publish;
    rc = parallax_link_ask(&node->link, &request, PARALLAX__V1__ANSWER__WHAT_PUBLISH, ms, &answer);
    if (rc == PARALLAX_DONE) {
        rc = take_ids(ids, answer->publish, n);
        parallax__v1__answer__free_unpacked(answer, NULL);
    }
    free(record);
    free(list);
    return rc;
}

static int
send_all(parallax *node, const struct text *t, const parallax_publication *how, int64_t ms, parallax_ids *ids)
{
    Parallax__V1__PublishRequest publish = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    int64_t until = clock_mono_ms() + ms;
    uint8_t key[KEY_MAX];
    int rc = PARALLAX_DONE;

    if (how->key != NULL)
        memcpy(key, how->key, how->key_n);
    else
        randombytes_buf(key, KEY_MIN);
    publish.key = (ProtobufCBinaryData){how->key != NULL ? how->key_n : KEY_MIN, key};
    publish.audience = (char *)(uintptr_t)(how->audience != NULL ? how->audience : "open");
    publish.mode = (Parallax__V1__Mode)how->mode;
    (void)pthread_mutex_lock(&node->lock);
    for (size_t at = 0; at < t->n && rc == PARALLAX_DONE; publish.part++) {
        size_t n = part(t, at);
        rc = send_part(node, t, at, n, &publish, until - clock_mono_ms(), ids);
        at += n;
    }
    (void)pthread_mutex_unlock(&node->lock);
    return rc;
}

static int
check_how(const parallax_publication *how)
{
    const struct type *type;

    if (how->mode < PARALLAX_REAL || how->mode > PARALLAX_SIMULATED)
        return parallax_say(PARALLAX_INVALID,
                            "mode: expected one of enum parallax_mode; nothing is real by mistake");
    if (how->key != NULL && (how->key_n < KEY_MIN || how->key_n > KEY_MAX))
        return parallax_say(PARALLAX_INVALID, "key: expected %d to %d bytes", KEY_MIN, KEY_MAX);
    if (how->format != NULL && registry_reader(how->format, &type) == NULL)
        return parallax_say(PARALLAX_INVALID, "%.64s is no format that is read here", how->format);
    return PARALLAX_DONE;
}

int
parallax_publish(parallax *node, const parallax_publication *how, const void *text, size_t n,
                 int64_t timeout_ms, parallax_ids **ids)
{
    parallax_publication h = {.size = sizeof h};
    struct convert convert = {.strict = false};
    struct text t = {.n = 0};
    parallax_ids *made;
    struct why why;
    int rc;

    parallax_begin();
    if (node == NULL || how == NULL || text == NULL)
        return parallax_say(PARALLAX_INVALID, "expected a node, how to publish, and a text");
    if (ids != NULL)
        *ids = NULL;
    memcpy(&h, how, how->size != 0 && how->size < sizeof h ? how->size : sizeof h);
    rc = check_how(&h);
    if (rc != PARALLAX_DONE)
        return rc;
    why_clear(&why);
    convert.strict = h.strict != 0;
    buf_init(&t.bodies, BODIES_BYTES);
    made = mem_new(sizeof *made);
    if (n > LIMIT_INPUT_BYTES)
        rc = parallax_say(PARALLAX_REFUSED, "%zu bytes: expected at most %d", n, LIMIT_INPUT_BYTES);
    else if (registry_read(span_of(text, n), h.format, &convert, add, &t, &why) != 0)
        rc = parallax_say_why(&why);
    else if (t.n == 0)
        rc = parallax_say(PARALLAX_REFUSED, "it holds no record");
    if (rc == PARALLAX_DONE) {
        made->id = mem_new(t.n * sizeof *made->id);
        rc = send_all(node, &t, &h, timeout_ms > 0 ? timeout_ms : 0, made);
    }
    buf_release(&t.bodies);
    free(t.record);
    if (rc == PARALLAX_DONE && ids != NULL)
        *ids = made;
    else
        parallax_ids_free(made);
    return rc;
}

size_t
parallax_ids_count(const parallax_ids *ids)
{
    return ids->n;
}

const char *
parallax_ids_at(const parallax_ids *ids, size_t index)
{
    return index < ids->n ? ids->id[index] : NULL;
}

void
parallax_ids_free(parallax_ids *ids)
{
    if (ids == NULL)
        return;
    free(ids->id);
    free(ids);
}
