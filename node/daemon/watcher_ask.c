/* The watch role's thread. What a record says, and what the node answers. */
#include "daemon/watcher_internal.h"

#include <string.h>

#include "base/clock.h"
#include "types/registry.h"
#include "wire/unpack.h"

/*
 * The header and, in ${msg}, the body of ${row} in ${a}. NULL for what is not judged: what is not readable or not believed, and what is sealed: an
 * alert is for everybody, and would tell what it follows from.
 */
Parallax__V1__Header *
watcher_open_row_behind(const Parallax__V1__RecordRow *row, struct arena *a, const struct type **type,
                        const ProtobufCMessage **msg)
{
    Parallax__V1__Header *h;
    struct why why;

    why_clear(&why);
    if (row->id == NULL || row->id->log.len != LOG_ID_BYTES || row->quarantine[0] != 0)
        return NULL;
    h = record_header_read(span_of(row->header.data, row->header.len), row->id->log.data, a, &why);
    if (h == NULL || h->sealing != PARALLAX__V1__SEALING__NONE)
        return NULL;
    *type = registry_type_cstr(h->type);
    if (*type == NULL || row->body.len == 0)
        return NULL;
    *msg = registry_unpack(*type, span_of(row->body.data, row->body.len), a, &why);
    return *msg != NULL ? h : NULL;
}

Parallax__V1__Header *
watcher_open_row(const Parallax__V1__RecordRow *row, struct arena *a, const struct type **type,
                 const ProtobufCMessage **msg)
{
    arena_clear(a);
    return watcher_open_row_behind(row, a, type, msg);
}

/* The records of one type and subject, the newest of each origin. NULL: the node was lost, or refused. */
static Parallax__V1__Answer *
ask_subject(struct watcher *w, const char *type, const char *key, int mode, const char *origin)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__Answer *answer;

    q.type = (char *)(uintptr_t)type;
    q.subject = (char *)(uintptr_t)key;
    q.origin = (char *)(uintptr_t)origin;
    q.mode = (Parallax__V1__Mode)mode;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_QUERY;
    request.query = &q;
    answer = watchlink_ask(w->link, &request, WATCHER_ASK_MS);
    if (answer != NULL && answer->what_case != PARALLAX__V1__ANSWER__WHAT_RECORDS) {
        watchlink_answer_free(answer);
        return NULL;
    }
    return answer;
}

static void
take_fact(const struct type *type, const ProtobufCMessage *msg, const struct subject *subject,
          struct watcher_fact *out)
{
    *out = (struct watcher_fact){.has_extent = type->extent != NULL};
    if (type->window != NULL)
        out->has_window = type->window(msg, &out->opens, &out->closes);
    if (type->extent != NULL)
        type->extent(msg, &out->extent);
    memcpy(out->object, subject->object, sizeof out->object);
}

int
watcher_ask_views(struct watcher *w, const struct watcher_subject *s, struct watcher_views *out)
{
    struct utc now = clock_utc();

    out->n = out->inputs = 0;
    out->key = out->name = NULL;
    out->answer = ask_subject(w, s->type->name, s->key, s->mode, "");
    if (out->answer == NULL)
        return -1;
    for (size_t i = 0; i < out->answer->records->n_rows && out->n < LIMIT_MEMBER_COUNT; i++) {
        const Parallax__V1__RecordRow *row = out->answer->records->rows[i];
        struct judge_view *v = &out->view[out->n];
        const struct type *type;
        const ProtobufCMessage *msg;
        const Parallax__V1__Header *h = watcher_open_row(row, &w->body, &type, &msg);

        if (h == NULL || type != s->type || type->subject(msg, &out->subject) != 0)
            continue;
        *v = (struct judge_view){.origin = row->origin, .withdrawn = record_kind_withdraws((int)h->kind)};
        v->n = type->figures(msg, now, v->figure);
        take_fact(type, msg, &out->subject, &out->fact[out->n]);
        record_id_print(row->id->log.data, row->id->index, out->id[out->n]);
        out->input[out->inputs++] = (struct watcher_input){out->id[out->n], row->id, out->n};
        out->n++;
    }
    return 0;
}

/* The alert that this node has published last, in the prior arena; *${out} NULL: none. ${id} is its record. 0 or -1. */
int
watcher_ask_prior(struct watcher *w, const char *key, int mode, const Parallax__V1__Alert **out,
                  char id[RECORD_ID_TEXT_MAX])
{
    Parallax__V1__Answer *answer = ask_subject(w, DERIVE_TYPE, key, mode, w->name);
    const struct type *type;
    const ProtobufCMessage *msg;

    *out = NULL;
    id[0] = 0;
    if (answer == NULL)
        return -1;
    if (answer->records->n_rows > 0 &&
        watcher_open_row(answer->records->rows[0], &w->prior, &type, &msg) != NULL) {
        *out = (const Parallax__V1__Alert *)msg;
        record_id_print(answer->records->rows[0]->id->log.data, answer->records->rows[0]->id->index, id);
    }
    watchlink_answer_free(answer);
    return 0;
}
