/* A new log of ours: its id, its descriptor, what it continues (DESIGN section 3). Pure. */
#include "core/node_internal.h"
#include <stdio.h>

/* A log id: the one that the last leaf of ${old} names, else a new one. */
static void
choose_id(struct node *n, const struct track *old, uint8_t id[LOG_ID_BYTES])
{
    static const uint8_t none[LOG_ID_BYTES];

    if (old != NULL && memcmp(old->successor, none, LOG_ID_BYTES) != 0 &&
        node_track(n, old->successor) == NULL)
        memcpy(id, old->successor, LOG_ID_BYTES);
    else
        node_random(n, id, LOG_ID_BYTES);
}

struct track *
own_create(struct node *n, const char *audience, const char *class_name, struct track *old,
           const struct audience_lists *lists)
{
    struct store_log row;
    struct track *t;
    Parallax__V1__Descriptor d = PARALLAX__V1__DESCRIPTOR__INIT;
    Parallax__V1__LogEnd end = PARALLAX__V1__LOG_END__INIT;
    uint8_t root[HASH_BYTES], *body;
    char hex[2 * LOG_ID_BYTES + 1];
    size_t bytes;

    memset(&row, 0, sizeof(row));
    choose_id(n, old, row.id);
    snprintf(row.origin, sizeof(row.origin), "%s", n->conf.name);
    snprintf(row.audience, sizeof(row.audience), "%s", audience);
    snprintf(row.class_name, sizeof(row.class_name), "%s", class_name);
    row.own = true;
    if (strcmp(audience, "open") != 0 && audience_describe(n, lists, &d) != 0)
        return NULL;
    t = node_track_add(n, &row);
    t->own = OWN_OPEN;
    d.federation = (char *)(uintptr_t)n->roster->federation;
    d.node = (char *)(uintptr_t)n->conf.name;
    d.audience = row.audience;
    d.class_name = row.class_name;
    if (old != NULL && old->row.head.size > 0) {
        memcpy(root, old->row.head.root, HASH_BYTES);
        end.log = (ProtobufCBinaryData){LOG_ID_BYTES, old->row.id};
        end.size = old->row.head.size;
        end.root = (ProtobufCBinaryData){HASH_BYTES, root};
        d.continues = &end;
    }
    bytes = parallax__v1__descriptor__get_packed_size(&d);
    body = action_memory(n, bytes);
    parallax__v1__descriptor__pack(&d, body);
    audience_described(n, t, &d);
    (void)publish_own_record(n, t, PARALLAX__V1__KIND__DESCRIPTOR, PARALLAX__V1__MODE__REAL,
                             span_of(body, bytes), false);
    if (node_is_named(t) && lists->granted != 0)
        audience_hand_on(n, t, lists->granted);
    text_hex_of(row.id, LOG_ID_BYTES, hex);
    action_event(n, EV_log_opened, "log=%s series=%s/%s/%s size=0", hex, n->conf.name, audience, class_name);
    return t;
}
