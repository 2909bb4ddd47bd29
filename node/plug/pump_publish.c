/* What a plugin publishes: read here, sent to core as a publisher of its own, answered. The plug role's thread. */
#include "plug/pump_internal.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "core/checkpoint.h"
#include "core/record.h"

#define MINUTE_MS 60000

void
pump_publish_init(struct pump *p)
{
    struct pump_publish *u = &p->publish;

    buf_init(&u->json, LIMIT_PLUGIN_PUBLISH_BYTES);
    buf_init(&u->ids, LIMIT_PLUGIN_LINE_BYTES);
    buf_init(&u->reply, LIMIT_PLUGIN_LINE_BYTES);
    publication_init(&u->publication);
    feed_init(&u->feed);
}

static void
end(struct pump_publish *u)
{
    u->step = PUMP_PUBLISH_NONE;
    buf_release(&u->json);
    buf_release(&u->ids);
    publication_release(&u->publication);
}

void
pump_publish_stop(struct pump *p)
{
    struct pump_publish *u = &p->publish;

    end(u);
    buf_release(&u->reply);
    feed_drop(&u->feed);
}

void
pump_publish_clear(struct pump *p)
{
    pump_publish_stop(p);
    buf_release(&p->publish.rest);
}

bool
pump_publish_is_busy(const struct pump *p)
{
    return p->publish.step != PUMP_PUBLISH_NONE || p->publish.reply.n > 0;
}

void
pump_publish_take(struct pump *p, struct span json)
{
    if (p->state != PUMP_RUNNING)
        return; /* it could not be answered: it comes again, with the same key */
    buf_clear(&p->publish.json);
    buf_put_span(&p->publish.json, json);
    p->publish.step = PUMP_PUBLISH_HELD;
}

static void
put_event_key(const struct pump_publish *u, struct buf *out)
{
    buf_init(out, 4 * PUBLICATION_KEY_MAX + 8);
    text_quote(out, span_str(u->publication.key), PUBLICATION_KEY_MAX);
}

static void
refuse(struct pump *p, const struct why *why)
{
    struct pump_publish *u = &p->publish;
    struct buf key, note;

    u->denied++;
    put_event_key(u, &key);
    buf_init(&note, 4 * sizeof *why);
    text_quote(&note, span_str(why->note), sizeof why->note);
    log_event(EV_plugin_denied, "plugin=%s key=%s why=%s field=%.*s note=%s", p->name, buf_cstr(&key),
              why_name(why->code), (int)text_plain_prefix(span_str(why->field)), why->field, buf_cstr(&note));
    buf_release(&key);
    buf_release(&note);
    publication_refuse(&u->publication, why, &u->reply);
    end(u);
}

static void
ask(struct pump *p, struct pump_now now)
{
    struct pump_publish *u = &p->publish;
    const struct publication *from = &u->publication;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__PublishRequest part = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__PublishRecord record[LIMIT_BATCH_COUNT], *list[LIMIT_BATCH_COUNT];

    if (u->feed.fd < 0 && feed_connect(&u->feed, p->place->socket) != 0) {
        u->retry_ms = now.mono_ms + PUMP_RETRY_MS;
        return;
    }
    part.key = (ProtobufCBinaryData){sizeof from->id, (uint8_t *)(uintptr_t)from->id};
    part.audience = (char *)(uintptr_t)from->audience;
    part.mode = from->mode;
    part.part = u->part;
    part.records = list;
    part.n_records = publication_part(from, u->first);
    for (size_t i = 0; i < part.n_records; i++) {
        const struct publication_record *r = &from->records[u->first + i];
        parallax__v1__publish_record__init(&record[i]);
        record[i].type = (char *)(uintptr_t)r->type->name;
        record[i].body = (ProtobufCBinaryData){r->n, from->bodies.p + r->at};
        list[i] = &record[i];
    }
    request.what_case = PARALLAX__V1__REQUEST__WHAT_PUBLISH;
    request.publish = &part;
    feed_ask(&u->feed, &request);
}

/* Ids of ${answer} behind those that are here: false when it is not one of as many records as were asked for. */
static bool
take_ids(struct pump_publish *u, const Parallax__V1__PublishAnswer *answer, size_t want)
{
    size_t got = 0;

    for (size_t i = 0; i < answer->n_ranges; i++) {
        const Parallax__V1__PublishedRange *range = answer->ranges[i];
        if (range->log.len != LOG_ID_BYTES || range->count > want - got)
            return false;
        for (uint32_t k = 0; k < range->count; k++) {
            char id[RECORD_ID_TEXT_MAX];
            record_id_print(range->log.data, range->first + k, id);
            buf_put_fmt(&u->ids, "%s\"%s\"", u->ids.n > 0 ? "," : "", id);
        }
        got += range->count;
    }
    return got == want;
}

static void
finish(struct pump *p)
{
    struct pump_publish *u = &p->publish;
    struct buf key;

    u->records += u->publication.n;
    put_event_key(u, &key);
    log_event(EV_plugin_published, "plugin=%s key=%s records=%zu mode=%s audience=%s", p->name,
              buf_cstr(&key), u->publication.n, record_mode_name((int)u->publication.mode),
              u->publication.audience);
    buf_release(&key);
    publication_reply(&u->publication, buf_span(&u->ids), &u->reply);
    end(u);
}

static enum why_code
code_of(const char *name)
{
    for (int code = 0; code < WHY_COUNT; code++) {
        if (strcmp(why_name((enum why_code)code), name) == 0)
            return (enum why_code)code;
    }
    return WHY_LIMIT;
}

static void
take_answer(struct pump *p, const Parallax__V1__Answer *answer, struct pump_now now)
{
    struct pump_publish *u = &p->publish;
    size_t n = publication_part(&u->publication, u->first);
    struct why why;

    if (strcmp(answer->error_name, "STARTING") == 0) {
        u->retry_ms = now.mono_ms + PUMP_RETRY_MS;
        return;
    }
    why_clear(&why);
    if (answer->error[0] != '\0') {
        (void)why_set(&why, code_of(answer->error_name), 0, 0, NULL, "%s", answer->error);
        refuse(p, &why);
        return;
    }
    if (answer->what_case != PARALLAX__V1__ANSWER__WHAT_PUBLISH || !take_ids(u, answer->publish, n)) {
        (void)why_set(&why, WHY_LIMIT, 0, 0, NULL, "the node's answer is not of these records");
        refuse(p, &why);
        return;
    }
    u->part++;
    u->first += n;
    u->retry_ms = now.mono_ms;
    if (u->first == u->publication.n)
        finish(p);
}

/* It is its turn: read it. Its rate is charged for what it holds, or for one record when it is refused. */
static void
begin(struct pump *p, struct pump_now now)
{
    struct pump_publish *u = &p->publish;
    int64_t count;
    struct why why;
    int rc;

    why_clear(&why);
    rc = publication_read(&u->publication, buf_span(&u->json), &p->stanza, &why);
    count = u->publication.n > 0 ? (int64_t)u->publication.n : 1;
    u->spent_ms = (u->spent_ms > now.mono_ms ? u->spent_ms : now.mono_ms) +
                  (count * MINUTE_MS + p->stanza.publish_rate - 1) / p->stanza.publish_rate;
    if (rc != 0) {
        refuse(p, &why);
        return;
    }
    buf_release(&u->json);
    u->step = PUMP_PUBLISH_GOING;
    u->first = 0;
    u->part = 0;
    u->retry_ms = now.mono_ms;
}

int64_t
pump_publish_due(const struct pump *p)
{
    const struct pump_publish *u = &p->publish;

    if (u->step == PUMP_PUBLISH_HELD)
        return u->spent_ms - MINUTE_MS;
    if (u->step == PUMP_PUBLISH_GOING && !u->feed.asked)
        return u->retry_ms;
    if (u->step == PUMP_PUBLISH_NONE && u->rest.n > 0 && u->reply.n == 0)
        return 0;
    return INT64_MAX;
}

void
pump_publish_step(struct pump *p, short revents, struct pump_now now)
{
    struct pump_publish *u = &p->publish;
    Parallax__V1__Answer *answer = NULL;
    enum feed_result result = FEED_NOTHING;

    if (u->feed.fd >= 0 && revents != 0)
        result = feed_step(&u->feed, revents, &answer);
    if (result == FEED_LOST)
        u->retry_ms = now.mono_ms + PUMP_RETRY_MS;
    if (result == FEED_ANSWER) {
        if (u->step == PUMP_PUBLISH_GOING)
            take_answer(p, answer, now);
        parallax__v1__answer__free_unpacked(answer, NULL);
    }
    if (u->step != PUMP_PUBLISH_NONE)
        p->progress_ms = now.mono_ms; /* it is not the plugin that is waited for */
    if (u->step == PUMP_PUBLISH_HELD && now.mono_ms >= u->spent_ms - MINUTE_MS)
        begin(p, now);
    if (u->step == PUMP_PUBLISH_GOING && !u->feed.asked && now.mono_ms >= u->retry_ms)
        ask(p, now);
}
