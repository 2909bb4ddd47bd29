/* parallax-plugin-mqtt [FILE]: a notice of every record to an MQTT broker, acknowledged when the broker has (mqtt.md). One thread. */
#include <errno.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "plugins/flight.h"
#include "plugins/line.h"
#include "plugins/mqtt/notice.h"
#include "plugins/settings.h"

#define BACKOFF_MS_FIRST 200
#define BACKOFF_MS_MAX   10000
#define TURN_MS          1000 /* keep-alives are looked at so often */
#define IN_FLIGHT        100  /* messages without a PUBACK; the broker may allow fewer */
#define REFUSED          0x80 /* MQTT 5, section 2.4: reason codes from here on are failures */

struct options {
    const char *broker, *user, *password, *client, *ca, *certificate, *key;
    int64_t port, keepalive_s;
    bool tls, retain_alerts;
    struct notice_options notice;
};

#define AT(member) offsetof(struct options, member)

static const struct setting table[] = {
    {"broker", SETTING_TEXT, AT(broker), NULL, 0, 0},
    {"port", SETTING_NUMBER, AT(port), "1883", 1, 65535},
    {"tls", SETTING_FLAG, AT(tls), "false", 0, 0},
    {"ca", SETTING_TEXT, AT(ca), "/etc/ssl/certs/ca-certificates.crt", 0, 0},
    {"certificate", SETTING_TEXT, AT(certificate), "", 0, 0},
    {"key", SETTING_TEXT, AT(key), "", 0, 0},
    {"user", SETTING_TEXT, AT(user), "", 0, 0},
    {"password", SETTING_TEXT, AT(password), "", 0, 0},
    {"client", SETTING_TEXT, AT(client), "", 0, 0},
    {"keepalive_s", SETTING_NUMBER, AT(keepalive_s), "30", 5, 3600},
    {"retain_alerts", SETTING_FLAG, AT(retain_alerts), "false", 0, 0},
    {"topic", SETTING_TEXT, AT(notice.topic), "origin/a/parallax", 0, 0},
    {"centre", SETTING_TEXT, AT(notice.centre), "", 0, 0},
    {"link", SETTING_TEXT, AT(notice.link), "", 0, 0},
    {"places", SETTING_TEXT, AT(notice.places), "", 0, 0},
    {"inline_bytes", SETTING_NUMBER, AT(notice.inline_bytes), "4096", 0, LIMIT_PLUGIN_LINE_BYTES},
};

struct notifier {
    struct options options;
    struct mosquitto *mqtt;
    struct line line;
    struct flight flight;
    struct flight_slot *slots[UINT16_MAX + 1]; /* by message id, while it is in flight */
    struct buf text;
    char client[128];
    bool connected, failed;
    int wait_ms;
};

static void
on_connect(struct mosquitto *mqtt, void *cookie, int code, int flags, const mosquitto_property *properties)
{
    struct notifier *n = cookie;

    (void)mqtt, (void)flags, (void)properties;
    n->connected = code == 0;
    if (code == 0)
        n->wait_ms = BACKOFF_MS_FIRST;
    else
        line_say("%s refuses: %s", n->options.broker, mosquitto_reason_string(code));
}

static void
on_publish(struct mosquitto *mqtt, void *cookie, int id, int code, const mosquitto_property *properties)
{
    struct notifier *n = cookie;
    struct flight_slot *slot = id >= 0 && id <= UINT16_MAX ? n->slots[id] : NULL;

    (void)mqtt, (void)properties;
    if (slot == NULL)
        return;
    n->slots[id] = NULL;
    slot->done = code < REFUSED;
    if (code >= REFUSED) {
        line_say("%s refuses record %" PRIu64 ": %s", n->options.broker, slot->number,
                 mosquitto_reason_string(code));
        n->failed = true;
    }
}

/* 0, or -1 when it could not be taken. */
static int
give(struct notifier *n, const struct line_record *r, struct flight_slot *slot)
{
    const char *series = value_text(r->root, "series"), *class = strrchr(series, '/');
    bool retain = n->options.retain_alerts && class != NULL && strcmp(class, "/alert") == 0;
    char topic[NOTICE_TOPIC_MAX];
    struct utc now = clock_utc();
    int rc = MOSQ_ERR_OVERSIZE_PACKET, id = 0;

    for (int whole = 1; whole >= 0 && rc == MOSQ_ERR_OVERSIZE_PACKET; whole--) {
        if (notice_write(&n->options.notice, r, now, whole == 1, topic, &n->text) != 0) {
            line_say("record %" PRIu64 ": this is not how a node writes a record", r->number);
            return -1;
        }
        rc = mosquitto_publish_v5(n->mqtt, &id, topic, (int)n->text.n, n->text.p, 1, retain, NULL);
    }
    /* It is in the queue of libmosquitto, also where the connection has just gone: it is sent again. */
    if (rc == MOSQ_ERR_SUCCESS || rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST ||
        rc == MOSQ_ERR_ERRNO) {
        n->slots[(uint16_t)id] = slot;
        return 0;
    }
    line_say("record %" PRIu64 ": %s", r->number, mosquitto_strerror(rc));
    return -1;
}

/* Records that are here, as far as there is room. False when no more will come. */
static bool
take(struct notifier *n)
{
    while (n->connected && n->flight.n < LIMIT_PLUGIN_WINDOW_COUNT && !n->failed) {
        enum line_kind kind = line_take(&n->line);
        if (kind == LINE_NOTHING || kind == LINE_END)
            return kind == LINE_NOTHING;
        if (kind == LINE_WRONG) {
            line_say("record %" PRIu64 ": %s", n->line.record.number, n->line.why.note);
            n->failed = true;
        } else if (give(n, &n->line.record, flight_add(&n->flight, n->line.record.number)) != 0) {
            n->failed = true;
        }
    }
    return true;
}

/* The connection is gone, or was never there: again, each time after twice as long. */
static void
connect_again(struct notifier *n, int why)
{
    int rc = MOSQ_ERR_SUCCESS;

    n->connected = false;
    if (why != MOSQ_ERR_SUCCESS) {
        line_say("%s: %s", n->options.broker,
                 why == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(why));
        (void)poll(NULL, 0, n->wait_ms);
        n->wait_ms = n->wait_ms * 2 < BACKOFF_MS_MAX ? n->wait_ms * 2 : BACKOFF_MS_MAX;
    }
    while ((rc = mosquitto_connect_bind_v5(n->mqtt, n->options.broker, (int)n->options.port,
                                           (int)n->options.keepalive_s, NULL, NULL)) != MOSQ_ERR_SUCCESS) {
        line_say("%s: %s", n->options.broker,
                 rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
        (void)poll(NULL, 0, n->wait_ms);
        n->wait_ms = n->wait_ms * 2 < BACKOFF_MS_MAX ? n->wait_ms * 2 : BACKOFF_MS_MAX;
    }
}

/* What the broker said and is told. MOSQ_ERR_SUCCESS, or why the connection is gone. */
static int
turn(struct notifier *n, short events)
{
    int rc = MOSQ_ERR_SUCCESS;

    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0)
        rc = mosquitto_loop_read(n->mqtt, 1);
    if (rc == MOSQ_ERR_SUCCESS && mosquitto_want_write(n->mqtt))
        rc = mosquitto_loop_write(n->mqtt, 1);
    return rc == MOSQ_ERR_SUCCESS ? mosquitto_loop_misc(n->mqtt) : rc;
}

static int
run(struct notifier *n)
{
    bool more = true;

    connect_again(n, MOSQ_ERR_SUCCESS);
    while (!n->failed && (more || n->flight.n > 0)) {
        struct pollfd p[] = {{.fd = mosquitto_socket(n->mqtt), .events = POLLIN},
                             {.fd = -1, .events = POLLIN}};
        uint64_t number;
        int rc;
        if (mosquitto_want_write(n->mqtt))
            p[0].events |= POLLOUT;
        if (more && n->connected && n->flight.n < LIMIT_PLUGIN_WINDOW_COUNT)
            p[1].fd = n->line.fd;
        if (poll(p, 2, TURN_MS) < 0 && errno != EINTR)
            return 1;
        if (p[1].revents != 0 && line_fill(&n->line) != 0) {
            line_say("standard input: %s", strerror(errno));
            return 1;
        }
        rc = p[0].fd < 0 ? MOSQ_ERR_NO_CONN : turn(n, p[0].revents);
        number = flight_land(&n->flight);
        if (number != 0 && line_ack(number) != 0)
            return 1;
        if (rc != MOSQ_ERR_SUCCESS)
            connect_again(n, rc);
        more = more && take(n);
    }
    return n->failed ? 1 : 0;
}

static int
refuse(struct why *why, const char *field, int rc)
{
    return why_set(why, WHY_CONF_VALUE, 0, 0, field, "%s",
                   rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
}

static int
prepare(struct notifier *n, struct why *why)
{
    struct options *o = &n->options;
    const char *node = getenv("PARALLAX_NAME"), *plugin = getenv("PARALLAX_PLUGIN");
    int rc;

    if (o->notice.centre[0] == '\0')
        o->notice.centre = node != NULL ? node : "unknown";
    if (mosquitto_pub_topic_check(o->notice.topic) != MOSQ_ERR_SUCCESS || o->notice.topic[0] == '\0')
        return why_set(why, WHY_CONF_VALUE, 0, 0, "topic", "expected a topic without wildcards");
    (void)snprintf(n->client, sizeof n->client, "parallax-%s-%s", o->notice.centre,
                   plugin != NULL ? plugin : "mqtt");
    n->mqtt = mosquitto_new(o->client[0] != '\0' ? o->client : n->client, true, n);
    if (n->mqtt == NULL)
        return refuse(why, "client", MOSQ_ERR_ERRNO);
    rc = mosquitto_int_option(n->mqtt, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_int_option(n->mqtt, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT);
    if (rc == MOSQ_ERR_SUCCESS && o->user[0] != '\0')
        rc = mosquitto_username_pw_set(n->mqtt, o->user, o->password);
    if (rc != MOSQ_ERR_SUCCESS)
        return refuse(why, "user", rc);
    if (o->tls)
        rc = mosquitto_tls_set(n->mqtt, o->ca, NULL, o->certificate[0] != '\0' ? o->certificate : NULL,
                               o->key[0] != '\0' ? o->key : NULL, NULL);
    if (rc != MOSQ_ERR_SUCCESS)
        return refuse(why, "tls", rc);
    mosquitto_connect_v5_callback_set(n->mqtt, on_connect);
    mosquitto_publish_v5_callback_set(n->mqtt, on_publish);
    return 0;
}

int
main(int argc, char **argv)
{
    static struct notifier n;
    const char *path = argc > 1 ? argv[1] : "mqtt.yaml";
    struct settings settings;
    struct why why;
    int rc = 2;

    if (argc > 2) {
        line_say("usage: parallax-plugin-mqtt [FILE]: its settings, mqtt.yaml when none is named");
        return 2;
    }
    why_clear(&why);
    settings_init(&settings);
    line_init(&n.line, STDIN_FILENO);
    buf_init(&n.text, 4 * (size_t)LIMIT_PLUGIN_LINE_BYTES);
    n.wait_ms = BACKOFF_MS_FIRST;
    (void)mosquitto_lib_init();
    if (settings_read(&settings, path, table, sizeof table / sizeof table[0], &n.options, &why) != 0 ||
        prepare(&n, &why) != 0)
        settings_complain(&why, path);
    else
        rc = run(&n);
    if (rc == 0)
        (void)mosquitto_disconnect_v5(n.mqtt, 0, NULL);
    mosquitto_destroy(n.mqtt);
    (void)mosquitto_lib_cleanup();
    buf_release(&n.text);
    line_release(&n.line);
    settings_release(&settings);
    return rc;
}
