#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "federation.h"

struct made {
    struct roster *draft, *second; /* as made, as read */
    struct buf next, text;
    struct why why;
};

static int
setup(void **state)
{
    struct made *m = calloc(1, sizeof *m);

    secret_start();
    m->draft = federation_roster(3, 4);
    m->second = roster_new();
    buf_init(&m->next, LIMIT_ROSTER_BYTES);
    buf_init(&m->text, LIMIT_ROSTER_BYTES);
    *state = m;
    return 0;
}

static int
teardown(void **state)
{
    struct made *m = *state;

    roster_free(m->draft);
    roster_free(m->second);
    buf_release(&m->next);
    buf_release(&m->text);
    free(m);
    return 0;
}

/* Replace ${from} (at its n-th place) by ${to} in the written text of the draft. */
static void
replace(struct made *m, unsigned nth, const char *from, const char *to)
{
    const char *at;

    buf_clear(&m->next);
    buf_clear(&m->text);
    roster_write(m->draft, &m->text);
    at = strstr(buf_cstr(&m->text), from);
    for (; nth > 0 && at != NULL; nth--)
        at = strstr(at + 1, from);
    if (at == NULL)
        fail_msg("not in the text: %s", from);
    buf_put(&m->next, m->text.p, (size_t)(at - (const char *)m->text.p));
    buf_put_str(&m->next, to);
    buf_put_str(&m->next, at + strlen(from));
}

static void
each_value_that_is_wrong_is_refused_at_its_line(void **state)
{
    static const struct {
        unsigned nth;
        const char *from, *to;
        enum why_code code;
        uint32_t line;
        const char *note; /* part of */
    } rows[] = {
        {0, "version: 1", "version: 0", WHY_ROSTER_VALUE, 2, "number"},
        {0, "version: 1", "version: 01", WHY_ROSTER_VALUE, 2, "number"},
        {0, "version: 1", "version: 1.0", WHY_ROSTER_VALUE, 2, "number"},
        {0, "version: 1", "version: 99999999999999999999", WHY_ROSTER_VALUE, 2, "number"},
        {0, "version: 1", "version: [1]", WHY_ROSTER_VALUE, 2, "single value"},
        {0, "version: 1", "version: 2", WHY_ROSTER_VALUE, 1, "missing"}, /* federation_id */
        {0, "version: 1", "version: 1\nfederation_id: 00112233445566778899aabbccddeeff", WHY_ROSTER_VALUE, 3,
         "its own id"},
        {0, "version: 1", "version: 1\nversion: 1", WHY_ROSTER_SHAPE, 3, "twice"},
        {0, "version: 1", "verison: 1", WHY_ROSTER_VALUE, 2, "\"version\""},
        {0, "version: 1", "version: &a 1", WHY_ROSTER_SHAPE, 2, "anchors"},
        {0, "expires: 2030-01-01T00:00:00Z", "expires: 2030-13-01T00:00:00Z", WHY_ROSTER_VALUE, 3, "time"},
        {0, "expires: 2030-01-01T00:00:00Z", "expires: 2030-01-01T00:00:00", WHY_ROSTER_VALUE, 3, "time"},
        {0, "previous: none", "previous: ~", WHY_ROSTER_VALUE, 4, "none"},
        {0, "threshold: 3", "threshold: 2", WHY_ROSTER_VALUE, 5, "more than 5/2"},
        {0, "threshold: 3", "threshold: 4", WHY_ROSTER_VALUE, 5, "at most 3"},
        {0, "threshold: 3", "threshold: 3\nfaulty: 4", WHY_ROSTER_VALUE, 6, "number"},
        {0, "threshold: 3", "threshold: 3\nfaulty: 2", WHY_ROSTER_VALUE, 5, "at most 2"},
        {0, "name: koeln", "name: paris", WHY_ROSTER_VALUE, 9, "before"},
        {0, "name: koeln", "name: Koeln", WHY_ROSTER_VALUE, 9, "steward"},
        {0, "key: ", "key: A", WHY_ROSTER_VALUE, 8, "base64"},
        {0, "name: de-dlr", "name: fr-cnes", WHY_ROSTER_VALUE, 0, "before"},
        {0, "name: de-dlr", "name: dlr", WHY_ROSTER_VALUE, 0, "node name"},
        {0, "country: 'de'", "country: 'fr'", WHY_ROSTER_VALUE, 0, "country"},
        {0, "country: 'de'", "country: ''", WHY_ROSTER_VALUE, 0, "bytes"},
        {0, "class: government", "class: army", WHY_ROSTER_VALUE, 0, "government"},
        {0, "status: member", "status: retired", WHY_ROSTER_VALUE, 0, "removed"},
        {0, "status: member", "status: member\n    colour: red", WHY_ROSTER_VALUE, 0, "unknown key"},
        {0, "'tcp://fr-cnes.example:7700'", "'udp://fr-cnes.example:7700'", WHY_ROSTER_VALUE, 0, "tcp://"},
        {0, "'tcp://fr-cnes.example:7700'", "'tcp://fr-cnes.example:0'", WHY_ROSTER_VALUE, 0, "tcp://"},
        {0, "'tcp://fr-cnes.example:7700'", "'tcp://fr-cnes.example:65536'", WHY_ROSTER_VALUE, 0, "tcp://"},
        {0, "'tcp://fr-cnes.example:7700'", "'tcp://fr-cnes.example'", WHY_ROSTER_VALUE, 0, "tcp://"},
        {0, "'tcp://fr-cnes.example:7700'", "'tcp://:7700'", WHY_ROSTER_VALUE, 0, "tcp://"},
        {0, "'tcp://fr-cnes.example:7700'", "'tcp://*:7700'", WHY_ROSTER_VALUE, 0, "tcp://"},
        {0, "      log:\n", "      lag:\n", WHY_ROSTER_VALUE, 0, "\"log\""},
        {0, "members:\n", "members: []\nmembres:\n", WHY_ROSTER_VALUE, 0, "\"members\""},
        {0, "stewards:\n", "stewards: none\nmore:\n", WHY_ROSTER_VALUE, 0, "unknown key"},
    };
    struct made *m = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        replace(m, rows[i].nth, rows[i].from, rows[i].to);
        why_clear(&m->why);
        if (roster_parse_text(buf_span(&m->next), m->second, &m->why) == 0)
            fail_msg("taken: %s", rows[i].to);
        if (m->why.code != rows[i].code || (rows[i].line != 0 && m->why.line != rows[i].line) ||
            strstr(m->why.note, rows[i].note) == NULL || m->why.line == 0)
            fail_msg("%s: %s in line %u: %s", rows[i].to, why_name(m->why.code), m->why.line, m->why.note);
    }
}

static void
endpoints_of_every_kind_are_taken(void **state)
{
    static const char *const good[] = {"''", "'tcp://10.0.0.1:1'", "'tcp://[2001:db8::1]:65535'",
                                       "'tcp://localhost:7700'"};
    struct made *m = *state;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        replace(m, 0, "'tcp://fr-cnes.example:7700'", good[i]);
        assert_int_equal(roster_parse_text(buf_span(&m->next), m->second, &m->why), 0);
    }
}

/* n stewards, f of them faulty: exactly the thresholds with t > (n + f) / 2 and t <= n - f. */
static void
thresholds_are_those_that_cannot_split_and_can_move(void **state)
{
    struct made *m = *state;

    for (unsigned n = 1; n <= 5; n++) {
        struct roster *r = federation_roster(1, n);

        for (unsigned f = 0; f < n; f++) {
            for (unsigned t = 1; t <= n; t++) {
                bool want = 2 * t > n + f && t <= n - f;

                r->faulty = f;
                r->threshold = t;
                buf_clear(&m->text);
                roster_write(r, &m->text);
                assert_int_equal(roster_parse_text(buf_span(&m->text), m->second, NULL) == 0, want);
                if (want)
                    assert_int_equal(m->second->faulty, f);
            }
        }
        roster_free(r);
    }
}

static int
parse_draft(struct made *m)
{
    why_clear(&m->why);
    buf_clear(&m->text);
    roster_write(m->draft, &m->text);
    return roster_parse_text(buf_span(&m->text), m->second, &m->why);
}

static void
no_key_may_occur_twice_in_any_role(void **state)
{
    struct made *m = *state;
    struct roster_member *a = &m->draft->member[0];
    struct roster_member *b = &m->draft->member[1];
    struct secret *s = federation_secret(b->name, "log");
    struct roster_member keep = *a;

    assert_int_equal(parse_draft(m), 0);
    a->log.key[0] = b->log.key[0]; /* two members */
    assert_int_equal(parse_draft(m), -1);
    *a = keep;
    roster_key_make(b->name, "witness", s, &b->witness.key[0]); /* a log key that is its own witness */
    assert_int_equal(parse_draft(m), -1);
    assert_non_null(strstr(m->why.note, "before"));
    roster_key_make(b->name, "log", s, &b->log.key[0]);
    federation_public(b->name, "witness", b->witness.key[0].key);
    b->witness.n = 0;
    federation_add_key(b->name, "witness", "witness", &b->witness);
    assert_int_equal(parse_draft(m), 0);
    a->wrap.key[0] = a->transport.key[0];
    assert_int_equal(parse_draft(m), -1);
    *a = keep;
    memcpy(m->draft->steward[1].key.key, b->log.key[0].key, SIG_KEY_BYTES); /* a steward's */
    assert_int_equal(parse_draft(m), -1);
    secret_free(s);
}

static void
keys_must_be_valid_points(void **state)
{
    static const uint8_t neutral[SIG_KEY_BYTES] = {1};
    struct made *m = *state;
    struct roster_member *a = &m->draft->member[0];

    memcpy(a->log.key[0].key, neutral, SIG_KEY_BYTES);
    assert_int_equal(parse_draft(m), -1);
    assert_non_null(strstr(m->why.note, "Ed25519"));
    a->log.n = 0;
    federation_add_key(a->name, "log", "log", &a->log);
    memcpy(a->transport.key[0].key, neutral, SIG_KEY_BYTES);
    assert_int_equal(parse_draft(m), -1);
    assert_non_null(strstr(m->why.note, "X25519"));
}

static void
a_proof_of_possession_is_bound_to_member_kind_and_key(void **state)
{
    struct made *m = *state;
    struct roster_member *a = &m->draft->member[0];
    struct roster_key keep = a->log.key[0];
    struct secret *s = federation_secret(a->name, "log");
    struct roster_key key;

    a->log.key[0].proof[7] ^= 1;
    assert_int_equal(parse_draft(m), -1);
    assert_non_null(strstr(m->why.note, "possession"));
    roster_key_make("de-dlr", "log", s, &key); /* given to another member */
    a->log.key[0] = key;
    assert_int_equal(parse_draft(m), -1);
    roster_key_make(a->name, "witness", s, &key); /* for another use */
    a->log.key[0] = key;
    assert_int_equal(parse_draft(m), -1);
    a->log.key[0] = keep;
    a->log.n = 2; /* a second key without one */
    federation_public(a->name, "second", a->log.key[1].key);
    assert_int_equal(parse_draft(m), -1);
    secret_free(s);
}

static void
each_key_needs_its_proof_and_each_proof_its_key(void **state)
{
    struct made *m = *state;
    const char *at;
    const char *end;

    roster_write(m->draft, &m->text);
    at = strstr(strstr(buf_cstr(&m->text), "    proof:"), "\n        - ");
    end = strchr(at + 1, '\n');
    for (int twice = 0; twice < 2; twice++) {
        buf_clear(&m->next);
        buf_put(&m->next, m->text.p, (size_t)(at - (const char *)m->text.p));
        if (twice) {
            buf_put(&m->next, at, (size_t)(end - at));
            buf_put(&m->next, at, (size_t)(end - at));
        } else {
            buf_put_str(&m->next, " []");
        }
        buf_put_str(&m->next, end);
        why_clear(&m->why);
        assert_int_equal(roster_parse_text(buf_span(&m->next), m->second, &m->why), -1);
        assert_non_null(strstr(m->why.note, "one a key"));
    }
}

static void
a_text_that_is_too_large_cut_or_not_yaml_is_refused(void **state)
{
    struct made *m = *state;
    struct buf large;

    roster_write(m->draft, &m->text);
    for (size_t n = 0; n < m->text.n; n += 11) {
        char *copy = malloc(n + 1); /* so that the sanitizer sees a step over the end */
        int status;

        memcpy(copy, m->text.p, n);
        status = roster_parse_text(span_of(copy, n), m->second, NULL);
        if (n == 0 || copy[n - 1] != '\n')
            assert_int_equal(status, -1);
        free(copy);
    }
    assert_int_equal(roster_parse_text(span_str(""), m->second, &m->why), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_SHAPE);
    assert_int_equal(roster_parse_text(span_str("[]\n"), m->second, NULL), -1);
    assert_int_equal(roster_parse_text(span_str("- a\n- b\n"), m->second, NULL), -1);
    buf_init(&large, 2 * LIMIT_ROSTER_BYTES);
    roster_write(m->draft, &large);
    while (large.n <= LIMIT_ROSTER_BYTES)
        buf_put_str(&large, "# and so on\n");
    why_clear(&m->why);
    assert_int_equal(roster_parse_text(buf_span(&large), m->second, &m->why), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_SHAPE);
    buf_release(&large);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_value_that_is_wrong_is_refused_at_its_line),
        TEST(endpoints_of_every_kind_are_taken),
        TEST(thresholds_are_those_that_cannot_split_and_can_move),
        TEST(no_key_may_occur_twice_in_any_role),
        TEST(keys_must_be_valid_points),
        TEST(a_proof_of_possession_is_bound_to_member_kind_and_key),
        TEST(each_key_needs_its_proof_and_each_proof_its_key),
        TEST(a_text_that_is_too_large_cut_or_not_yaml_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
