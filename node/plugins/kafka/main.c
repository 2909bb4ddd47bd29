/*
 * parallax-plugin-kafka [FILE]: every record to Kafka, acknowledged when the broker has confirmed it (kafka.md). One thread of ours; librdkafka has
 * its own, and calls back in ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "plugins/flight.h"
#include "plugins/line.h"
#include "plugins/settings.h"

#define TOPIC_MAX     249        /* bytes: Kafka's own limit */
#define MESSAGE_BYTES "16777216" /* the node's longest line is 8 MiB; the broker has the last word */

struct options {
    const char *prefix;
    struct settings_pairs properties;
};

static const struct setting table[] = {
    {"prefix", SETTING_WORD, offsetof(struct options, prefix), "parallax", 0, 0},
    {"properties", SETTING_PAIRS, offsetof(struct options, properties), NULL, 0, 0},
};

struct sender {
    struct options options;
    rd_kafka_t *kafka;
    struct line line;
    struct flight flight;
    struct buf text;
    int wake[2]; /* librdkafka writes when it has something to say */
    bool failed;
};

/* What each message carries beside its value. */
struct address {
    char topic[TOPIC_MAX + 1], cursor[LINE_INCARNATION_MAX + 24];
    const char *key, *id, *origin, *type, *mode;
};

static rd_kafka_resp_err_t
produce(struct sender *s, const struct address *a, struct flight_slot *slot)
{
    rd_kafka_error_t *error;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_vu_t what[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = a->topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)a->key, strlen(a->key)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {s->text.p, s->text.n}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = slot},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"id", a->id, -1}},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"origin", a->origin, -1}},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"type", a->type, -1}},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"mode", a->mode, -1}},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"cursor", a->cursor, -1}},
    };

    error = rd_kafka_produceva(s->kafka, what, sizeof what / sizeof what[0]);
    if (error != NULL)
        code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
}

/* What is told of a record that the broker does not take: its header, without the body. */
static void
put_short(struct buf *out, const struct value *root, size_t bytes)
{
    static const char *const names[] = {"id",   "origin",  "series", "type",       "mode",
                                        "kind", "created", "epoch",  "body_sha256"};

    buf_clear(out);
    buf_put_byte(out, '{');
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct value *v = value_get(root, names[i]);
        if (v == NULL)
            continue;
        buf_put_fmt(out, "\"%s\":", names[i]);
        text_json(out, v->text);
        buf_put_byte(out, ',');
    }
    buf_put_fmt(out, "\"absent\":\"larger than the broker takes: %zu bytes\"}", bytes);
}

/* lower-case, as topics are by custom; the node has checked what a mode and a type may be. */
static void
fill_address(const struct sender *s, const struct value *root, bool readable, struct address *a)
{
    const struct value *objects = value_get(root, "objects");
    const char *type = readable ? value_text(root, "type") : "other";

    a->id = value_text(root, "id");
    a->origin = value_text(root, "origin");
    a->type = value_text(root, "type");
    a->mode = value_text(root, "mode");
    a->key = objects != NULL && objects->first != NULL ? value_text(objects->first, "") : a->id;
    (void)snprintf(a->topic, sizeof a->topic, "%.64s.%.16s.%.64s", s->options.prefix,
                   a->mode[0] != '\0' ? a->mode : "other", type);
    for (char *p = a->topic; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    }
}

/* The record that was taken, onto its way. 0, or -1 when that cannot be. */
static int
give(struct sender *s, const struct line_record *r, struct flight_slot *slot)
{
    struct address a;
    rd_kafka_resp_err_t code;

    fill_address(s, r->root, r->body != NULL, &a);
    (void)snprintf(a.cursor, sizeof a.cursor, "%s:%" PRIu64, r->incarnation, r->number);
    buf_clear(&s->text);
    if (line_put_record(r, &s->text) != 0 || buf_failed(&s->text)) {
        line_say("record %" PRIu64 ": this is not how a node writes a record", r->number);
        return -1;
    }
    while ((code = produce(s, &a, slot)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && !s->failed)
        (void)rd_kafka_poll(s->kafka, 100);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        put_short(&s->text, r->root, s->text.n);
        code = produce(s, &a, slot);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        line_say("record %" PRIu64 ": %s", r->number, rd_kafka_err2str(code));
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : -1;
}

static const char *
header_of(const rd_kafka_message_t *m, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t n;

    return rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                   rd_kafka_header_get_last(headers, name, &value, &n) == RD_KAFKA_RESP_ERR_NO_ERROR
               ? value /* librdkafka puts a NUL behind it */
               : "";
}

/* The broker refused it for its size, although we would have sent it. */
static int
give_short(struct sender *s, const rd_kafka_message_t *m)
{
    struct address a = {.id = header_of(m, "id"),
                        .origin = header_of(m, "origin"),
                        .type = header_of(m, "type"),
                        .mode = header_of(m, "mode")};
    struct arena arena;
    struct why why;
    const struct value *root;
    int rc = -1;

    why_clear(&why);
    arena_init(&arena, LIMIT_PLUGIN_TREE_BYTES);
    root = value_read(span_of(m->payload, m->len), &arena, &why);
    if (root != NULL && value_get(root, "absent") == NULL) { /* once */
        char *key = arena_strdup(&arena, span_of(m->key, m->key_len));
        a.key = key != NULL ? key : "";
        (void)snprintf(a.topic, sizeof a.topic, "%s", rd_kafka_topic_name(m->rkt));
        (void)snprintf(a.cursor, sizeof a.cursor, "%s", header_of(m, "cursor"));
        put_short(&s->text, root, m->len);
        rc = produce(s, &a, m->_private) == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : -1;
    }
    arena_release(&arena);
    return rc;
}

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *m, void *cookie)
{
    struct sender *s = cookie;
    struct flight_slot *slot = m->_private;

    (void)kafka;
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        slot->done = true;
    } else if (m->err != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || give_short(s, m) != 0) {
        if (!s->failed)
            line_say("%s: record %" PRIu64 ": %s", rd_kafka_topic_name(m->rkt), slot->number,
                     rd_kafka_err2str(m->err));
        s->failed = true;
    }
}

static void
on_error(rd_kafka_t *kafka, int code, const char *reason, void *cookie)
{
    struct sender *s = cookie;

    line_say("%s: %s", rd_kafka_err2name((rd_kafka_resp_err_t)code), reason);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        char text[256];
        line_say("%s: %s", rd_kafka_err2name(rd_kafka_fatal_error(kafka, text, sizeof text)), text);
        s->failed = true;
    }
}

/* Errors come to on_error; what else it logs is for its authors. */
static void
on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
    (void)kafka;
    if (level <= 3 && strcmp(facility, "FAIL") != 0 && strcmp(facility, "ERROR") != 0)
        line_say("%s: %s", facility, text);
}

static int
set_property(rd_kafka_conf_t *conf, const char *name, const char *value, uint32_t line, uint32_t column,
             struct why *why)
{
    char said[160];

    return rd_kafka_conf_set(conf, name, value, said, sizeof said) == RD_KAFKA_CONF_OK
               ? 0
               : why_set(why, WHY_CONF_VALUE, line, column, "properties", "%s", said);
}

/* Ours first, then the operator's, then what the promise rests on. */
static int
start(struct sender *s, struct why *why)
{
    static const char *const first[][2] = {{"client.id", "parallax-plugin-kafka"},
                                           {"message.timeout.ms", "0"},
                                           {"message.max.bytes", MESSAGE_BYTES},
                                           {"linger.ms", "5"}};
    const struct settings_pairs *p = &s->options.properties;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_queue_t *queue;
    char said[160];
    int rc = 0;

    for (size_t i = 0; i < sizeof first / sizeof first[0] && rc == 0; i++)
        rc = set_property(conf, first[i][0], first[i][1], 0, 0, why);
    for (size_t i = 0; i < p->n && rc == 0; i++)
        rc = set_property(conf, p->name[i], p->value[i], p->line[i], p->column[i], why);
    if (rc == 0)
        rc = set_property(conf, "enable.idempotence", "true", 0, 0, why);
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    s->kafka = rc == 0 ? rd_kafka_new(RD_KAFKA_PRODUCER, conf, said, sizeof said) : NULL;
    if (s->kafka == NULL) {
        rd_kafka_conf_destroy(conf);
        return rc != 0 ? -1 : why_set(why, WHY_CONF_VALUE, 0, 0, "properties", "%s", said);
    }
    if (pipe2(s->wake, O_NONBLOCK | O_CLOEXEC) != 0)
        return why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "%s", strerror(errno));
    queue = rd_kafka_queue_get_main(s->kafka);
    rd_kafka_queue_io_event_enable(queue, s->wake[1], "!", 1);
    rd_kafka_queue_destroy(queue);
    return 0;
}

/* What the brokers said; acknowledge what is safe. */
static void
hear(struct sender *s)
{
    char rest[64];
    uint64_t number;

    while (read(s->wake[0], rest, sizeof rest) > 0) {
    }
    while (rd_kafka_poll(s->kafka, 0) > 0) {
    }
    number = flight_land(&s->flight);
    if (number != 0 && line_ack(number) != 0)
        s->failed = true;
}

/* Records that are here, as far as there is room. False when no more will come. */
static bool
take(struct sender *s)
{
    while (s->flight.n < LIMIT_PLUGIN_WINDOW_COUNT && !s->failed) {
        enum line_kind kind = line_take(&s->line);
        if (kind == LINE_NOTHING || kind == LINE_END)
            return kind == LINE_NOTHING;
        if (kind == LINE_WRONG) {
            line_say("record %" PRIu64 ": %s", s->line.record.number, s->line.why.note);
            s->failed = true;
        } else if (give(s, &s->line.record, flight_add(&s->flight, s->line.record.number)) != 0) {
            s->failed = true;
        }
    }
    return true;
}

static int
run(struct sender *s)
{
    bool more = true;

    while (!s->failed && (more || s->flight.n > 0)) {
        struct pollfd p[] = {{.fd = s->wake[0], .events = POLLIN}, {.fd = -1, .events = POLLIN}};
        if (more && s->flight.n < LIMIT_PLUGIN_WINDOW_COUNT)
            p[1].fd = s->line.fd;
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return 1;
        if (p[1].revents != 0 && line_fill(&s->line) != 0) {
            line_say("standard input: %s", strerror(errno));
            return 1;
        }
        hear(s);
        more = take(s);
    }
    return s->failed ? 1 : 0;
}

int
main(int argc, char **argv)
{
    static struct sender s;
    const char *path = argc > 1 ? argv[1] : "kafka.yaml";
    struct settings settings;
    struct why why;
    int rc = 2;

    if (argc > 2) {
        line_say("usage: parallax-plugin-kafka [FILE]: its settings, kafka.yaml when none is named");
        return 2;
    }
    why_clear(&why);
    settings_init(&settings);
    line_init(&s.line, STDIN_FILENO);
    buf_init(&s.text, LIMIT_PLUGIN_LINE_BYTES);
    if (settings_read(&settings, path, table, sizeof table / sizeof table[0], &s.options, &why) != 0 ||
        start(&s, &why) != 0)
        settings_complain(&why, path);
    else
        rc = run(&s);
    if (s.kafka != NULL) {
        (void)rd_kafka_purge(s.kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(s.kafka);
    }
    buf_release(&s.text);
    line_release(&s.line);
    settings_release(&settings);
    return rc;
}
