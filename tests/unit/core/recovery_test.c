#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "federation.h"

struct made {
    struct roster *draft, *first, *second; /* ${first}: as parsed */
    struct buf note, next;
    struct why why;
};

static void
name_end(struct roster *r, uint8_t id, uint64_t size, bool goes_on)
{
    struct roster_recovery *e = &r->recovery[r->recoveries_n++];

    memset(e, 0, sizeof *e);
    (void)snprintf(e->origin, sizeof e->origin, "de-dlr");
    memset(e->log, id, LOG_ID_BYTES);
    e->size = size;
    memset(e->root, id + 1, HASH_BYTES);
    e->goes_on = goes_on;
    if (goes_on)
        memcpy(e->key, r->member[1].log.key[0].key, SIG_KEY_BYTES);
}

static int
setup(void **state)
{
    struct made *m = calloc(1, sizeof *m);

    secret_start();
    m->draft = federation_roster(3, 4);
    m->first = roster_new();
    m->second = roster_new();
    buf_init(&m->note, LIMIT_ROSTER_BYTES);
    buf_init(&m->next, LIMIT_ROSTER_BYTES);
    name_end(m->draft, 1, 5, true);
    m->draft->member[1].witness.key[0].revoked = true;
    if (federation_note(m->draft, 0, 3, &m->note) != 0 ||
        roster_parse(buf_span(&m->note), m->first, &m->why) != 0)
        return -1;
    *state = m;
    return 0;
}

static int
teardown(void **state)
{
    struct made *m = *state;

    roster_free(m->draft);
    roster_free(m->first);
    roster_free(m->second);
    buf_release(&m->note);
    buf_release(&m->next);
    free(m);
    return 0;
}

/* The text of the draft with ${from} once replaced by ${to}, read. */
static int
read_with(struct made *m, const char *from, const char *to)
{
    struct buf text, other;
    char *at;
    int status;

    buf_init(&text, LIMIT_ROSTER_BYTES);
    buf_init(&other, LIMIT_ROSTER_BYTES);
    roster_write(m->draft, &text);
    at = strstr(buf_cstr(&text), from);
    assert_non_null(at);
    buf_put(&other, text.p, (size_t)(at - (char *)text.p));
    buf_put_str(&other, to);
    buf_put_str(&other, at + strlen(from));
    why_clear(&m->why);
    status = roster_parse_text(buf_span(&other), m->second, &m->why);
    buf_release(&text);
    buf_release(&other);
    return status;
}

static void
what_is_written_of_ends_is_read_again(void **state)
{
    struct made *m = *state;
    uint8_t log[LOG_ID_BYTES];
    const struct roster_recovery *e;

    memset(log, 1, sizeof log);
    e = roster_recovery(m->first, log);
    assert_non_null(e);
    assert_string_equal(e->origin, "de-dlr");
    assert_int_equal(e->size, 5);
    assert_memory_equal(e->root, m->draft->recovery[0].root, HASH_BYTES);
    assert_true(e->goes_on);
    assert_memory_equal(e->key, m->draft->member[1].log.key[0].key, SIG_KEY_BYTES);
    assert_true(m->first->member[1].witness.key[0].revoked);
    assert_false(m->first->member[1].log.key[0].revoked);
    memset(log, 2, sizeof log);
    assert_null(roster_recovery(m->first, log));
}

static void
only_the_named_head_of_the_named_origin_is_vouched_for(void **state)
{
    struct made *m = *state;
    struct checkpoint c = {.size = 5};

    memset(c.log, 1, LOG_ID_BYTES);
    memset(c.root, 2, HASH_BYTES);
    assert_true(roster_vouches(m->first, "de-dlr", &c));
    assert_false(roster_vouches(m->first, "fr-cnes", &c));
    c.size = 4;
    assert_false(roster_vouches(m->first, "de-dlr", &c));
    c.size = 5;
    c.root[31] ^= 1;
    assert_false(roster_vouches(m->first, "de-dlr", &c));
    c.root[31] ^= 1;
    c.log[0] ^= 1;
    assert_false(roster_vouches(m->first, "de-dlr", &c));
}

static void
what_a_revoked_key_or_a_removed_member_signs_is_shut_out(void **state)
{
    static const uint8_t log[LOG_ID_BYTES] = {7};
    struct made *m = *state;
    char line[ORIGIN_LINE_MAX], name[ORIGIN_LINE_MAX];
    uint8_t id[KEY_ID_BYTES], witness[KEY_ID_BYTES];
    struct roster *r = m->first;

    checkpoint_origin_line(r->federation, "de-dlr", log, line);
    checkpoint_key_id(line, NOTE_TYPE_SIGN, r->member[1].log.key[0].key, id);
    checkpoint_witness_name(r->federation, "de-dlr", name);
    checkpoint_key_id(name, NOTE_TYPE_COSIGN, r->member[1].witness.key[0].key, witness);
    assert_null(roster_witness_key(r, "de-dlr", witness)); /* revoked in the text */
    assert_false(roster_is_shut(r, "de-dlr", log, id));
    r->member[1].log.key[0].revoked = true;
    assert_true(roster_is_shut(r, "de-dlr", log, id));
    r->member[1].log.key[0].revoked = false;
    r->member[1].removed = true;
    assert_true(roster_is_shut(r, "de-dlr", log, id));
    assert_true(roster_is_shut(r, "de-dlr", log, witness)); /* whatever the key */
    assert_false(roster_is_shut(r, "fr-cnes", log, id));
}

static void
ends_that_mean_nothing_are_refused(void **state)
{
    struct made *m = *state;

    assert_int_equal(read_with(m, "size: 5", "size: 1"), 0);
    assert_int_equal(read_with(m, "size: 5", "size: 0"), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_VALUE);
    assert_true(m->why.line > 0);
    assert_int_equal(read_with(m, "origin: de-dlr", "origin: de-nobody"), -1);
    assert_int_equal(read_with(m, "log: 0101", "log: 010"), -1);
    assert_int_equal(read_with(m, "root: 0202", "root: 020G"), -1);
    assert_int_equal(read_with(m, "recoveries:", "recoveries: []\nx:"), -1);
    assert_int_equal(read_with(m, "    size: 5\n", ""), -1);
    name_end(m->draft, 1, 6, false); /* the same log twice */
    assert_int_equal(read_with(m, "size: 5", "size: 5"), -1);
    assert_non_null(strstr(m->why.note, "before"));
    m->draft->recoveries_n = 1;
    assert_int_equal(read_with(m, "    revoked:\n      - ", "    revoked:\n      - AAAA"), -1);
    assert_int_equal(read_with(m, "    revoked:\n", "    revoked: x\n    y:\n"), -1);
}

static int
follow(struct made *m)
{
    memcpy(m->draft->federation, m->first->federation, sizeof m->draft->federation);
    memcpy(m->draft->previous, m->first->hash, HASH_BYTES);
    m->draft->version = 2;
    assert_int_equal(federation_note(m->draft, 0, 3, &m->next), 0);
    why_clear(&m->why);
    if (roster_parse(buf_span(&m->next), m->second, &m->why) != 0)
        return -1;
    return roster_check(buf_span(&m->next), m->second, m->first, &m->why);
}

static void
an_end_stays_in_all_later_versions(void **state)
{
    struct made *m = *state;

    name_end(m->draft, 3, 9, false);
    assert_int_equal(follow(m), 0);
    assert_int_equal(m->second->recoveries_n, 2);
    assert_false(m->second->recovery[1].goes_on);
    m->draft->recovery[0].size = 6;
    assert_int_equal(follow(m), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_CHAIN);
    m->draft->recovery[0].size = 5;
    m->draft->recovery[0].root[0] ^= 1;
    assert_int_equal(follow(m), -1);
    m->draft->recovery[0] = m->draft->recovery[1];
    m->draft->recoveries_n = 1;
    assert_int_equal(follow(m), -1);
}

static void
a_revoked_key_does_not_come_back(void **state)
{
    struct made *m = *state;

    m->draft->member[1].log.key[0].revoked = true;
    assert_int_equal(follow(m), 0);
    m->first->member[1].log.key[0].revoked = true; /* as if it had been in force */
    m->draft->member[1].log.key[0].revoked = false;
    assert_int_equal(follow(m), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_CHAIN);
    assert_non_null(strstr(m->why.note, "de-dlr"));
    m->draft->member[1].log.key[0].revoked = true;
    m->draft->member[1].witness.key[0].revoked = false; /* cosigner keys the same */
    assert_int_equal(follow(m), -1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_of_ends_is_read_again),
        TEST(only_the_named_head_of_the_named_origin_is_vouched_for),
        TEST(what_a_revoked_key_or_a_removed_member_signs_is_shut_out),
        TEST(ends_that_mean_nothing_are_refused),
        TEST(an_end_stays_in_all_later_versions),
        TEST(a_revoked_key_does_not_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
