/* Who is told that a log contradicts itself (DESIGN section 1.5): who may hold it, and nobody who was removed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/evidence.h"
#include "core/node.h"
#include "federation.h"

#define LINK 1
#define PEER "de-dlr"

static struct why why;
static struct buf kept; /* the contradiction, as the store gives it */
static uint8_t session[8];
static unsigned forks;

static int
give_kept(void *cookie, const uint8_t log[LOG_ID_BYTES], struct span *out)
{
    *out = buf_span(&kept);
    return 0;
}

static int
no_batch(void *cookie, uint32_t log, uint64_t first, size_t bytes_max, struct store_record *records,
         size_t records_max, struct store_batch *out)
{
    return 1;
}

static int
no_leaves(void *cookie, uint32_t log, uint64_t from, void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]),
          void *fn_cookie)
{
    return 0;
}

static void
step(struct node *n, struct event *e)
{
    struct actions actions;

    e->mono_ms = 1000;
    e->wall_ms = 1790000000000;
    actions_init(&actions);
    node_step(n, e, &actions);
    for (size_t i = 0; i < actions.n; i++) {
        const struct action *a = &actions.v[i];
        Parallax__V1__Frame *f =
            a->kind == ACTION_SEND ? parallax__v1__frame__unpack(NULL, a->bytes.n, a->bytes.p) : NULL;

        if (f != NULL && f->body_case == PARALLAX__V1__FRAME__BODY_HELLO)
            memcpy(session, f->hello->session.data, sizeof session);
        forks += f != NULL && f->body_case == PARALLAX__V1__FRAME__BODY_FORK;
        parallax__v1__frame__free_unpacked(f, NULL);
    }
    actions_release(&actions);
}

static void
say(struct node *n, Parallax__V1__Frame *f)
{
    uint8_t bytes[4096];
    struct event e = {.kind = EVENT_FRAME, .link = LINK};

    assert_true(parallax__v1__frame__get_packed_size(f) <= sizeof bytes);
    e.bytes = span_of(bytes, parallax__v1__frame__pack(f, bytes));
    step(n, &e);
}

static void
greet(struct node *n, const struct roster *r)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Hello h = PARALLAX__V1__HELLO__INIT;
    uint8_t theirs[8] = {9};
    uint32_t protocol = 1;

    h.n_protocols = 1;
    h.protocols = &protocol;
    h.federation = (char *)(uintptr_t)r->federation;
    h.node = PEER;
    h.to = "fr-cnes";
    h.session = (ProtobufCBinaryData){sizeof theirs, theirs};
    h.roster_version = r->version;
    h.roster_hash = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->hash};
    h.lane = PARALLAX__V1__LANE__BULK_LANE;
    h.credit = 1000000;
    f.body_case = PARALLAX__V1__FRAME__BODY_HELLO;
    f.hello = &h;
    say(n, &f);
}

/* The peer shows that it knows of the log. */
static void
tell_head(struct node *n, const struct checkpoint *c)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Heads heads = PARALLAX__V1__HEADS__INIT;
    Parallax__V1__Head head = PARALLAX__V1__HEAD__INIT, *heads_p[1] = {&head};
    Parallax__V1__Checkpoint checkpoint;

    evidence_checkpoint_put(c, &checkpoint);
    head.checkpoint = &checkpoint;
    head.origin = "jp-jaxa";
    heads.n_heads = 1;
    heads.heads = heads_p;
    f.session = (ProtobufCBinaryData){sizeof session, session};
    f.body_case = PARALLAX__V1__FRAME__BODY_HEADS;
    f.heads = &heads;
    say(n, &f);
}

/* How often the peer is told; ${removed}: the roster says that it is no member any more. */
static unsigned
told(bool removed)
{
    struct store_log row = {
        .no = 1, .origin = "jp-jaxa", .audience = "open", .class_name = "data", .frozen = true};
    struct node_conf conf = {.name = "fr-cnes",
                             .heartbeat_ms = 30000,
                             .cosign_ms = 10000,
                             .software = "test",
                             .view = {.batch = no_batch, .leaves = no_leaves, .evidence = give_kept}};
    struct event tick = {.kind = EVENT_TICK}, up = {.kind = EVENT_LINK_UP, .link = LINK, .peer = PEER};
    struct roster *draft = federation_roster(3, 1), *r = roster_new();
    struct evidence e = {.path_n = 0};
    uint8_t root[HASH_BYTES] = {1};
    struct node *n;
    struct buf text;

    buf_init(&text, LIMIT_ROSTER_BYTES);
    draft->member[1].removed = removed;
    roster_write(draft, &text);
    assert_int_equal(roster_parse_text(buf_span(&text), r, &why), 0);
    assert_string_equal(r->member[1].name, PEER);
    memset(row.id, 7, LOG_ID_BYTES);
    (void)snprintf(e.origin, sizeof e.origin, "jp-jaxa");
    federation_head(r, "jp-jaxa", row.id, 1, root, &e.older);
    root[0] = 2;
    federation_head(r, "jp-jaxa", row.id, 1, root, &e.newer);
    buf_init(&kept, LIMIT_FRAME_BYTES);
    evidence_pack(&e, &kept);
    conf.roster = r;
    n = node_new(&conf, &row, 1);
    assert_non_null(n);
    forks = 0;
    step(n, &tick);
    step(n, &up);
    greet(n, r);
    tell_head(n, &e.older);
    node_free(n);
    buf_release(&kept);
    buf_release(&text);
    roster_free(draft);
    roster_free(r);
    return forks;
}

static void
a_member_that_may_hold_the_log_is_told(void **state)
{
    assert_true(told(false) > 0);
}

static void
who_was_removed_is_not_told_though_it_knows_of_the_log(void **state)
{
    assert_int_equal(told(true), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_that_may_hold_the_log_is_told),
        cmocka_unit_test(who_was_removed_is_not_told_though_it_knows_of_the_log),
    };

    secret_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
