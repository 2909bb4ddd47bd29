/* Public alerts: what OASIS CAP says. */
#include "types/public_alert/public_alert_map.h"

#include <stdio.h>

#include "base/text.h"
#include "types/designator.h"
#include "types/jsonmap.h"
#include "types/outline.h"

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    return public_alert_check((const Parallax__V1__PublicAlert *)msg, why);
}

/* "sender,identifier,sent ..." as "identifier,sender". */
static void
key_of_first(const char *references, char *key, size_t size)
{
    const char *sender = references + strspn(references, " \r\n\t");
    const char *identifier = strchr(sender, ',');
    int n = identifier != NULL ? (int)(identifier - sender) : 0;
    int m = identifier != NULL ? (int)strcspn(identifier + 1, ",") : 0;

    (void)snprintf(key, size, "%.*s,%.*s", m < 120 ? m : 120, identifier != NULL ? identifier + 1 : "",
                   n < 120 ? n : 120, sender);
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__PublicAlert *a = (const Parallax__V1__PublicAlert *)msg;
    char key[300];
    bool zulu;

    *out = (struct subject){0};
    /*
     * CAP's own name of a message is sender, identifier and sent. An update or a cancellation has another and takes the place of the
     * first one that it refers to; an acknowledgement or an error does not.
     */
    if (strcmp(a->msg_type, "Update") != 0 && strcmp(a->msg_type, "Cancel") != 0)
        (void)snprintf(key, sizeof key, "%.120s,%.120s", a->identifier, a->sender);
    else
        key_of_first(a->references, key, sizeof key);
    key[text_utf8_prefix(span_str(key))] = 0;
    designator_key(key, out->key, sizeof out->key);
    (void)public_alert_time(span_str(a->sent), &out->epoch, &zulu);
    return 0;
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__PublicAlert *a = (const Parallax__V1__PublicAlert *)msg;

    buf_put_fmt(out, "%s %s ", a->status, a->msg_type);
    text_quote(out, span_str(a->identifier), 40);
    if (a->n_info == 0)
        return;
    buf_put_byte(out, ' ');
    text_quote(out, span_str(a->info[0]->headline[0] != 0 ? a->info[0]->headline : a->info[0]->event), 80);
    buf_put_fmt(out, " %s %s %s", a->info[0]->urgency, a->info[0]->severity, a->info[0]->certainty);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source(&public_alert_map, msg, out);
}

/* Every area of every <info>: a translation of it says the same once more. */
static void
places(const ProtobufCMessage *msg, struct area_list *out)
{
    const Parallax__V1__PublicAlert *a = (const Parallax__V1__PublicAlert *)msg;

    for (size_t i = 0; i < a->n_info; i++) {
        for (size_t k = 0; k < a->info[i]->n_area; k++) {
            const Parallax__V1__CapArea *area = a->info[i]->area[k];

            for (size_t p = 0; p < area->n_polygon; p++)
                (void)outline_pairs(out, span_str(area->polygon[p]), true);
            for (size_t c = 0; c < area->n_circle; c++)
                (void)outline_pair_circle(out, span_str(area->circle[c]));
        }
    }
}

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    public_alert_json(msg, out);
    return 0;
}

static const struct writer json_writer = {.format = "json",
                                          .media = "application/json",
                                          .title = "canonical JSON, an array",
                                          .begin = jsonmap_begin,
                                          .between = jsonmap_between,
                                          .end = jsonmap_end,
                                          .write = write_json};
static const struct writer ndjson_writer = {.format = "ndjson",
                                            .media = "application/x-ndjson",
                                            .title = "canonical JSON, one record a line",
                                            .between = buf_end_line,
                                            .end = buf_end_line,
                                            .write = write_json};
static const struct reader *const readers[] = {&public_alert_cap_reader, &public_alert_atom_reader, NULL};
static const struct writer *const writers[] = {&public_alert_cap_writer, &public_alert_atom_writer,
                                               &json_writer, &ndjson_writer, NULL};

const struct type type_public_alert = {
    .name = "public_alert",
    .title = "A public alert (CAP)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .alert = true,
    .schema = &parallax__v1__public_alert__descriptor,
    .check = check,
    .subject = subject,
    .summary = summary,
    .json = public_alert_json,
    .source = source,
    .places = places,
    .readers = readers,
    .writers = writers,
    .doc = "public_alert.md",
};
