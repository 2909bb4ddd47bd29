/* Which words of scopes mean one object: what events are joined over, when they are read (docs/decisions/0036-joined-events.md). The core's thread. */
#include "daemon/api_view.h"

#include <stdlib.h>

#include "types/alias.h"

/* "CATALOG:7", as a CDM names an object of another catalogue, is "id:CATALOG/7". Case is lost on that way: capitals alone are read. */
static bool
read_catalog(char id[ALIAS_BYTES])
{
    char *colon = strchr(id, ':');
    size_t n = strlen(id);

    for (size_t i = 0; i < n; i++) {
        if (id[i] >= 'a' && id[i] <= 'z')
            return false;
    }
    if (colon == NULL || n + 4 > ALIAS_BYTES)
        return false;
    *colon = '/';
    memmove(id + 3, id, n + 1);
    memcpy(id, "id:", 3);
    return true;
}

/* A part of a scope as the identifier that it was made of; false where that cannot be told: such a part stands for itself. */
static bool
read_part(const char *part, char out[ALIAS_BYTES])
{
    char again[EVENT_SCOPE_MAX];
    size_t n = 0;
    bool is_name = strncmp(part, "name:", 5) == 0;

    for (const char *p = part; *p != 0 && n + 1 < ALIAS_BYTES; n++) {
        uint8_t byte = (uint8_t)*p;

        if (byte == '~' && text_unhex(span_of((const uint8_t *)p + 1, strnlen(p + 1, 2)), &byte, 1) != 0)
            return false;
        p += *p == '~' ? 3 : 1;
        out[n] = byte == '_' && is_name ? ' ' : (char)byte;
        if (byte == 0)
            return false;
    }
    out[n] = 0;
    event_scope(again, out, NULL);
    return strcmp(again, part) == 0 && (alias_class(out) != ALIAS_NONE || read_catalog(out));
}

/* Is ${id} among the identifiers that are joined? */
static bool
is_joined(const struct identity *object, const char *id)
{
    for (size_t i = 0; i < object->alias_n; i++) {
        if (identity_is_joined(object->alias[i].state) && strcmp(object->alias[i].id, id) == 0)
            return true;
    }
    return false;
}

/* Every object that a name is said to be of. */
struct bearers {
    const struct identity *object; /* the one that all are to be of; NULL: any */
    char first[ALIAS_BYTES];
    unsigned looked;
    bool others;
};

static int
note_bearer(void *cookie, const char *origin, const char *partner)
{
    struct bearers *b = cookie;

    (void)origin;
    if (partner[0] == 0 || strlen(partner) >= ALIAS_BYTES)
        return 0;
    if (b->first[0] == 0)
        memcpy(b->first, partner, strlen(partner) + 1);
    b->others |= b->object != NULL && !is_joined(b->object, partner);
    b->others |= ++b->looked > LIMIT_OBJECT_ALIAS_COUNT * 4;
    return b->others;
}

static int
read_bearers(struct api_view *v, const char *name, struct bearers *b)
{
    v->reads++;
    return store_alias_each(v->call->ctx->store, v->mode, name, STORE_SAME, LIMIT_OBJECT_CLAIM_COUNT,
                            note_bearer, b) < 0
               ? -1
               : 0;
}

static bool
has(const struct api_family *f, const char *part)
{
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->part[i], part) == 0)
            return true;
    }
    return false;
}

static void
add_part(struct api_view *v, struct api_family *f, const char *kind, const char *id)
{
    char part[EVENT_SCOPE_MAX];

    event_scope(part, id, NULL);
    if (f->n < LIMIT_EVENT_ALIAS_COUNT && !has(f, part) &&
        store_event_names(v->call->ctx->store, v->mode, kind, part))
        memcpy(f->part[f->n++], part, strlen(part) + 1);
}

static void
add(struct api_view *v, struct api_family *f, const char *kind, const char *id)
{
    char other[ALIAS_BYTES];
    char *slash;

    add_part(v, f, kind, id);
    if (strncmp(id, "id:", 3) != 0 || strchr(id, '/') == NULL)
        return;
    memcpy(other, id + 3, strlen(id + 3) + 1);
    slash = strchr(other, '/');
    *slash = ':';
    add_part(v, f, kind, other);
}

/* Names of an object, gathered: they may be looked up when the walk over them has ended. */
struct names {
    char name[LIMIT_EVENT_ALIAS_COUNT][ALIAS_BYTES];
    size_t n;
    struct api_view *view;
    const char *kind;
};

static int
note_name(void *cookie, const char *origin, const char *partner)
{
    struct names *names = cookie;
    char part[EVENT_SCOPE_MAX], back[ALIAS_BYTES];

    (void)origin;
    if (alias_class(partner) != ALIAS_NAME || names->n == LIMIT_EVENT_ALIAS_COUNT)
        return 0;
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->name[i], partner) == 0)
            return 0;
    }
    event_scope(part, partner, NULL);
    if (read_part(part, back) && strcmp(back, partner) == 0 &&
        store_event_names(names->view->call->ctx->store, names->view->mode, names->kind, part))
        memcpy(names->name[names->n++], partner, strlen(partner) + 1);
    return 0;
}

/* Names that this object has and no other. */
static int
add_names(struct api_view *v, struct api_family *f, const char *kind)
{
    struct names names = {.view = v, .kind = kind};

    for (size_t i = 0; i < v->object->alias_n; i++) {
        if (!identity_is_joined(v->object->alias[i].state))
            continue;
        v->reads++;
        if (store_alias_each(v->call->ctx->store, v->mode, v->object->alias[i].id, STORE_SAME,
                             LIMIT_OBJECT_CLAIM_COUNT, note_name, &names) < 0)
            return -1;
    }
    for (size_t i = 0; i < names.n; i++) {
        struct bearers b = {.object = v->object};

        if (read_bearers(v, names.name[i], &b) != 0)
            return -1;
        if (!b.others)
            add(v, f, kind, names.name[i]);
    }
    return 0;
}

/*
 * The object as it is seen from the identifier that stands for it: where an origin states more than is looked at, one is led there by an identifier that is not seen from there. 1, 0: ${id} is
 * such a one, or -1.
 */
static int
see_from_first(struct api_view *v, const char *id)
{
    char first[ALIAS_BYTES];

    if (v->object->alias_n == 0 || strcmp(v->object->alias[0].id, id) == 0)
        return 1;
    memcpy(first, v->object->alias[0].id, sizeof first);
    if (api_objects_join(v->call, first, v->mode, v->object) != 0)
        return -1;
    v->reads += v->object->reads;
    return is_joined(v->object, id);
}

/* The object of ${id}, or of the name, in view->object. 1, 0: it is of none, or of several, or -1. */
static int
find_object(struct api_view *v, const char *id)
{
    struct bearers b = {.object = NULL};
    bool is_name = alias_class(id) == ALIAS_NAME;
    int rc;

    if (is_name) {
        if (read_bearers(v, id, &b) != 0)
            return -1;
        if (b.others || b.first[0] == 0)
            return 0;
        id = b.first;
    }
    if (api_objects_join(v->call, id, v->mode, v->object) != 0)
        return -1;
    v->reads += v->object->reads;
    rc = see_from_first(v, id);
    if (rc <= 0)
        return rc;
    if (is_name) {
        b = (struct bearers){.object = v->object};
        if (read_bearers(v, v->name, &b) != 0)
            return -1;
    }
    return !b.others;
}

static int
compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* In an order that is the same from whichever identifier one begins, so that all have the same family when it is cut. */
static int
fill(struct api_view *v, struct api_family *f, const char *kind)
{
    int rc;

    if (!event_is_of_objects(kind) || !read_part(f->of, v->name))
        return 0;
    rc = find_object(v, v->name);
    if (rc <= 0)
        return rc;
    for (size_t i = 0; i < v->object->alias_n; i++) {
        const struct identity_alias *a = &v->object->alias[i];

        /* Where more is said than is looked at, these are left. */
        if (identity_is_joined(a->state) && (!v->object->is_cut || alias_class(a->id) <= ALIAS_PROVISIONAL))
            add(v, f, kind, a->id);
    }
    return v->object->is_cut ? 0 : add_names(v, f, kind);
}

/* What was asked about is of its family; alone, where it has an event and the others do not see it. */
static void
complete(const struct api_view *v, struct api_family *f)
{
    if (!has(f, f->of)) {
        if (f->n == LIMIT_EVENT_ALIAS_COUNT ||
            store_event_names(v->call->ctx->store, v->mode, f->kind, f->of))
            f->n = 0;
        memcpy(f->part[f->n++], f->of, strlen(f->of) + 1);
    }
    qsort(f->part, f->n, sizeof f->part[0], compare);
}

const struct api_family *
api_family_of(struct api_view *v, const char *kind, struct span part)
{
    struct api_family *f = NULL;

    for (size_t i = 0; i < API_FAMILIES; i++) {
        if (v->family[i].kind != NULL && strcmp(v->family[i].kind, kind) == 0 &&
            span_is(part, v->family[i].of))
            return &v->family[i];
    }
    f = &v->family[v->families++ % API_FAMILIES];
    f->kind = event_kind(span_str(kind));
    f->n = 0;
    memcpy(f->of, part.p, part.n);
    f->of[part.n] = 0;
    if (f->kind == NULL || fill(v, f, kind) != 0) {
        f->kind = NULL;
        return NULL;
    }
    complete(v, f);
    return f;
}
