/* objects: which identifiers are of one object, and who says so (docs/objects.md). The core's thread. */
#include "daemon/api_internal.h"

#include "base/text.h"
#include "types/alias.h"

#define FOUND_MAX         8 /* objects of one name that are told */
#define OBJECTS_MAX       100
#define ALIAS_PART_BYTES  256 /* of one identifier in an answer, at most, with its framing */
#define ORIGIN_PART_BYTES 80

struct reading {
    struct api_call *call;
    int mode;
};

static int
each(void *cookie, const char *id, enum store_relation relation, unsigned max, identity_claim_fn *fn,
     void *to)
{
    const struct reading *r = cookie;

    return store_alias_each(r->call->ctx->store, r->mode, id, relation, max, fn, to);
}

/* objects.merges: own, all, or names of nodes. */
static bool
counts(void *cookie, const char *origin)
{
    const struct reading *r = cookie;
    const char *list = r->call->ctx->conf->objects_merges;
    size_t n;

    for (const char *p = list; *p != 0; p += n) {
        p += strspn(p, " ,");
        n = strcspn(p, " ,");
        if ((n == 3 && strncmp(p, "all", n) == 0) ||
            (n == 3 && strncmp(p, "own", n) == 0 && strcmp(origin, r->call->ctx->name) == 0) ||
            (n == strlen(origin) && n > 0 && strncmp(p, origin, n) == 0))
            return true;
    }
    return false;
}

static struct identity_source
source_of(struct reading *r)
{
    return (struct identity_source){.cookie = r, .each = each, .counts = counts};
}

static int
refuse_several(struct api_call *c, const char *name, char (*found)[ALIAS_BYTES], size_t n)
{
    char note[sizeof c->why.note];
    struct buf text;

    buf_init_fixed(&text, note, sizeof note);
    text_quote(&text, span_str(name + strlen("name:")), 40);
    buf_put_fmt(&text, " is the name of %s%zu objects: ", n == FOUND_MAX ? "at least " : "", n);
    for (size_t i = 0; i < n && text.n + ALIAS_BYTES + 2 < sizeof note; i++)
        buf_put_fmt(&text, "%s%s", i > 0 ? ", " : "", found[i]);
    return api_answer_refuse(c, WHY_FIELD_VALUE, "object", buf_cstr(&text));
}

int
api_objects_find(struct api_call *c, const char *id, int mode, struct identity *out)
{
    struct reading r = {.call = c, .mode = mode};
    struct identity_source source = source_of(&r);
    char found[FOUND_MAX][ALIAS_BYTES];
    size_t n = 0;

    if (alias_class(id) == ALIAS_NONE || strlen(id) >= ALIAS_BYTES || !text_is_utf8(span_str(id)))
        return api_answer_refuse(c, WHY_FIELD_VALUE, "object",
                                 "expected norad:, cospar:, neo:, id: or name: and an identifier");
    if (alias_class(id) == ALIAS_NAME) {
        if (identity_find(&source, id, out, found, FOUND_MAX, &n) != 0)
            return -1;
        if (n > 1)
            return refuse_several(c, id, found, n);
        id = n == 1 ? found[0] : id;
    }
    return identity_resolve(&source, id, out);
}

int
api_objects_join(struct api_call *c, const char *id, int mode, struct identity *out)
{
    struct reading r = {.call = c, .mode = mode};
    struct identity_source source = source_of(&r);

    return identity_join(&source, id, out);
}

/* 0, or -1 when the arena is full. */
static int
fill_alias(struct api_call *c, const struct identity *in, const struct identity_alias *from,
           char *const *origins, Parallax__V1__ObjectAlias *out)
{
    parallax__v1__object_alias__init(out);
    out->id = (char *)api_answer_bytes(c, span_of(from->id, strlen(from->id) + 1)).data;
    out->with = (char *)api_answer_bytes(c, span_of(from->with, strlen(from->with) + 1)).data;
    out->state = api_answer_text(identity_state_name(from->state));
    out->origins = api_answer_alloc(c, (in->origin_n + 1) * sizeof *out->origins);
    if (out->id == NULL || out->with == NULL || out->origins == NULL)
        return -1;
    for (size_t i = 0; i < in->origin_n; i++) {
        if ((from->origins >> i & 1) != 0)
            out->origins[out->n_origins++] = origins[i];
    }
    return 0;
}

static Parallax__V1__Object *
make_object(struct api_call *c, const struct identity *in)
{
    Parallax__V1__Object *out = api_answer_alloc(c, sizeof *out);
    char *origins[LIMIT_OBJECT_ORIGIN_COUNT];

    if (out == NULL)
        return NULL;
    parallax__v1__object__init(out);
    out->known = in->is_known;
    out->cut = in->is_cut;
    out->aliases = api_answer_alloc(c, in->alias_n * sizeof *out->aliases);
    for (size_t i = 0; i < in->origin_n; i++)
        origins[i] = (char *)api_answer_bytes(c, span_of(in->origin[i], strlen(in->origin[i]) + 1)).data;
    for (size_t i = 0; out->aliases != NULL && i < in->alias_n; i++) {
        out->aliases[i] = api_answer_alloc(c, sizeof **out->aliases);
        if (out->aliases[i] == NULL || fill_alias(c, in, &in->alias[i], origins, out->aliases[i]) != 0)
            return NULL;
        out->n_aliases++;
    }
    if (c->arena->failed || out->n_aliases == 0)
        return NULL;
    out->id = out->aliases[0]->id;
    return out;
}

/* At most so many bytes in an answer. */
static size_t
bytes_of(const struct identity *in)
{
    size_t n = 0;

    for (size_t i = 0; i < in->alias_n; i++) {
        n += ALIAS_PART_BYTES;
        for (uint64_t bits = in->alias[i].origins; bits != 0; bits &= bits - 1)
            n += ORIGIN_PART_BYTES;
    }
    return n;
}

static int
note_alone(void *cookie, const char *origin, const char *partner)
{
    (void)origin;
    *(bool *)cookie |= partner[0] == 0;
    return 0;
}

/* Does ${id} stand for an object? 1 with ${work}, 0 or -1. */
static int
stands(struct reading *r, const char *id, struct identity *work)
{
    struct identity_source source = source_of(r);
    bool alone = false;

    if (alias_class(id) == ALIAS_NAME) {
        if (each(r, id, STORE_SAME, 1, note_alone, &alone) != 0)
            return -1;
        if (!alone)
            return 0;
    }
    if (identity_resolve(&source, id, work) != 0)
        return -1;
    return work->is_known && strcmp(work->alias[0].id, id) == 0;
}

static int
list(struct reading *r, size_t max, struct identity *work, Parallax__V1__ObjectsAnswer *out)
{
    ProtobufCBinaryData cursor = r->call->request->objects->cursor;
    char at[128] = "", next[128];
    size_t bytes = 0;
    int rc = 0;

    if (cursor.len >= sizeof at || (cursor.len > 0 && memchr(cursor.data, 0, cursor.len) != NULL))
        return api_answer_refuse(r->call, WHY_FIELD_VALUE, "cursor", "not a cursor of this query");
    if (cursor.len > 0)
        memcpy(at, cursor.data, cursor.len);
    for (size_t looked = 0; looked < LIMIT_OBJECT_LOOK_COUNT && out->n_objects < max; looked++) {
        rc = store_alias_next(r->call->ctx->store, r->mode, at, next);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
        rc = stands(r, next, work);
        if (rc > 0 && out->n_objects > 0 && bytes + bytes_of(work) > LIMIT_API_PAGE_BYTES)
            break;
        if (rc > 0) {
            bytes += bytes_of(work);
            out->objects[out->n_objects] = make_object(r->call, work);
            if (out->objects[out->n_objects] == NULL)
                return -1;
            out->n_objects++;
        }
        if (rc < 0)
            return -1;
        memcpy(at, next, sizeof at);
    }
    out->cursor = api_answer_bytes(r->call, span_str(at));
    return 0;
}

static Parallax__V1__OrbitPolicy *
make_policy(struct api_call *c)
{
    Parallax__V1__OrbitPolicy *out = api_answer_alloc(c, sizeof *out);
    const struct conf *conf = c->ctx->conf;

    if (out == NULL)
        return NULL;
    parallax__v1__orbit_policy__init(out);
    out->order = api_answer_text(conf->orbit_policy_order);
    out->operators = api_answer_text(conf->orbit_policy_operators);
    out->stale_leo_hours = (uint32_t)conf->orbit_policy_stale_leo_h;
    out->stale_high_hours = (uint32_t)conf->orbit_policy_stale_high_h;
    out->disagree_leo_km = (uint32_t)conf->orbit_policy_disagree_leo_km;
    out->disagree_high_km = (uint32_t)conf->orbit_policy_disagree_high_km;
    return out;
}

int
api_objects_answer(struct api_call *c)
{
    const Parallax__V1__ObjectsRequest *q = c->request->objects;
    Parallax__V1__ObjectsAnswer *out = api_answer_alloc(c, sizeof *out);
    struct identity *work = api_answer_alloc(c, sizeof *work);
    size_t max = q->limit > 0 && q->limit < OBJECTS_MAX ? q->limit : OBJECTS_MAX;
    struct reading r = {.call = c};

    if (out == NULL || work == NULL || api_match_mode(c, (int)q->mode, &r.mode) != 0)
        return -1;
    parallax__v1__objects_answer__init(out);
    out->time_ms = c->ctx->wall_ms;
    out->behind = store_alias_is_behind(c->ctx->store) != 0;
    out->policy = make_policy(c);
    out->objects = api_answer_alloc(c, max * sizeof(Parallax__V1__Object *));
    if (out->policy == NULL || out->objects == NULL)
        return -1;
    if (q->object[0] == '\0') {
        if (list(&r, max, work, out) != 0)
            return -1;
    } else {
        if (api_objects_find(c, q->object, r.mode, work) != 0)
            return -1;
        out->objects[0] = make_object(c, work);
        out->n_objects = 1;
        if (out->objects[0] == NULL)
            return -1;
    }
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_OBJECTS;
    c->answer->objects = out;
    return c->arena->failed ? -1 : 0;
}
