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
    struct buf note, next, text;
    struct why why;
};

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
    buf_init(&m->text, LIMIT_ROSTER_BYTES);
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
    buf_release(&m->text);
    free(m);
    return 0;
}

static void
what_is_written_is_read_again(void **state)
{
    struct made *m = *state;
    const struct roster *r = m->first;
    const struct roster *d = m->draft;
    uint8_t hash[HASH_BYTES];
    struct span text;
    struct span lines;

    assert_string_equal(r->title, d->title);
    assert_int_equal(r->version, 1);
    assert_int_equal(utc_compare(r->expires, d->expires), 0);
    assert_int_equal(r->threshold, 3);
    assert_int_equal(r->faulty, 1);
    assert_int_equal(r->stewards_n, 4);
    assert_int_equal(r->members_n, 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct roster_member *a = &r->member[i];
        const struct roster_member *b = &d->member[i];

        assert_string_equal(a->name, b->name);
        assert_string_equal(a->country, b->country);
        assert_string_equal(a->agency, b->agency);
        assert_string_equal(a->source_class, b->source_class);
        assert_string_equal(a->contact, b->contact);
        assert_string_equal(a->endpoint, b->endpoint);
        assert_memory_equal(a->log.key[0].key, b->log.key[0].key, SIG_KEY_BYTES);
        assert_memory_equal(a->log.key[0].proof, b->log.key[0].proof, SIG_BYTES);
        assert_memory_equal(a->wrap.key[0].key, b->wrap.key[0].key, SIG_KEY_BYTES);
    }
    roster_split(buf_span(&m->note), &text, &lines);
    hash_sha256(text, hash);
    assert_memory_equal(r->hash, hash, HASH_BYTES);
    text_hex(&m->text, span_of(hash, 16));
    assert_string_equal(r->federation, buf_cstr(&m->text));
    buf_clear(&m->text);
    roster_write(r, &m->text);
    assert_true(span_equal(buf_span(&m->text), text));
}

static void
every_byte_of_the_text_is_counted_in_the_hash(void **state)
{
    struct made *m = *state;

    buf_put_str(&m->text, "# a comment\n");
    roster_write(m->draft, &m->text);
    assert_int_equal(roster_parse_text(buf_span(&m->text), m->second, &m->why), 0);
    assert_string_not_equal(m->second->federation, m->first->federation);
}

static void
the_first_roster_needs_its_threshold_of_stewards(void **state)
{
    struct made *m = *state;

    assert_int_equal(roster_signatures(buf_span(&m->note), m->first), 3);
    assert_int_equal(roster_check(buf_span(&m->note), m->first, NULL, &m->why), 0);
    assert_int_equal(federation_note(m->draft, 0, 2, &m->next), 0);
    assert_int_equal(roster_check(buf_span(&m->next), m->first, NULL, &m->why), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_THRESHOLD);
}

static void
a_steward_who_signs_twice_counts_once(void **state)
{
    struct made *m = *state;
    struct span text;
    struct span lines;
    struct secret *s;
    char name[ORIGIN_LINE_MAX];

    assert_int_equal(federation_note(m->draft, 0, 2, &m->next), 0);
    roster_split(buf_span(&m->next), &text, &lines);
    buf_put_span(&m->text, buf_span(&m->next));
    buf_put_span(&m->text, lines); /* both again */
    assert_int_equal(roster_signatures(buf_span(&m->text), m->first), 2);
    s = federation_secret(federation_stewards[0], "steward");
    buf_clear(&m->text);
    assert_int_equal(roster_add_signature(buf_span(&m->next), federation_stewards[0], s, &m->text, &m->why),
                     -1);
    /* Under another steward's name the key is nobody's. */
    buf_clear(&m->text);
    buf_put_span(&m->text, buf_span(&m->next));
    roster_steward_name(m->first->federation, federation_stewards[2], name);
    note_sign(text, name, s, &m->text);
    assert_int_equal(roster_signatures(buf_span(&m->text), m->first), 2);
    secret_free(s);
}

static void
a_bad_signature_of_a_steward_refuses_the_whole_note(void **state)
{
    struct made *m = *state;
    struct secret *s = federation_secret(federation_stewards[3], "steward");
    char name[ORIGIN_LINE_MAX];

    buf_put_span(&m->text, buf_span(&m->note));
    roster_steward_name(m->first->federation, federation_stewards[3], name);
    note_sign(span_str("another text\n"), name, s, &m->text);
    secret_free(s);
    assert_int_equal(roster_signatures(buf_span(&m->text), m->first), 0);
    assert_int_equal(roster_check(buf_span(&m->text), m->first, NULL, &m->why), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_THRESHOLD);
}

/* Parse and check ${next} as the successor of ${first}. */
static int
follow(struct made *m)
{
    why_clear(&m->why);
    if (roster_parse(buf_span(&m->next), m->second, &m->why) != 0)
        return -1;
    return roster_check(buf_span(&m->next), m->second, m->first, &m->why);
}

static void
a_successor_needs_the_threshold_of_the_old_and_of_the_new(void **state)
{
    struct made *m = *state;
    struct roster *d = m->draft;

    memcpy(d->federation, m->first->federation, sizeof d->federation);
    memcpy(d->hash, m->first->hash, HASH_BYTES);
    federation_succeed(d);
    federation_add_member(d, federation_members[3]);
    assert_int_equal(federation_note(d, 0, 3, &m->next), 0);
    assert_int_equal(follow(m), 0);
    assert_int_equal(m->second->members_n, 4);
    assert_string_equal(m->second->federation, m->first->federation);
    assert_int_equal(federation_note(d, 0, 2, &m->next), 0);
    assert_int_equal(follow(m), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_THRESHOLD);
    /* paris leaves, rome comes: paris, koeln, tsukuba are enough of the old and one short of the new. */
    memmove(&d->steward[0], &d->steward[1], 3 * sizeof d->steward[0]);
    (void)snprintf(d->steward[3].name, sizeof d->steward[3].name, "rome");
    federation_public("rome", "steward", d->steward[3].key.key);
    assert_int_equal(federation_note(d, 0, 3, &m->next), 0);
    assert_int_equal(follow(m), -1);
    assert_non_null(strstr(m->why.note, "new"));
    assert_int_equal(federation_note(d, 2, 3, &m->next), 0);
    assert_int_equal(follow(m), -1);
    assert_non_null(strstr(m->why.note, "previous"));
    assert_int_equal(federation_note(d, 1, 3, &m->next), 0);
    assert_int_equal(follow(m), 0); /* those who are in both */
}

static void
a_successor_of_something_else_is_refused(void **state)
{
    struct made *m = *state;
    struct roster *d = m->draft;

    memcpy(d->federation, m->first->federation, sizeof d->federation);
    memcpy(d->hash, m->first->hash, HASH_BYTES);
    federation_succeed(d);
    d->version = 3;
    assert_int_equal(federation_note(d, 0, 4, &m->next), 0);
    assert_int_equal(follow(m), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_CHAIN);
    assert_string_equal(m->why.field, "version");
    d->version = 2;
    d->previous[31] ^= 1;
    assert_int_equal(federation_note(d, 0, 4, &m->next), 0);
    assert_int_equal(follow(m), -1);
    assert_string_equal(m->why.field, "previous");
    d->previous[31] ^= 1;
    d->federation[0] = d->federation[0] == 'a' ? 'b' : 'a';
    assert_int_equal(federation_note(d, 0, 4, &m->next), 0);
    assert_int_equal(follow(m), -1);
    assert_string_equal(m->why.field, "federation_id");
    /* Version 1 again is no successor, and a second one no first. */
    assert_int_equal(roster_check(buf_span(&m->note), m->first, m->first, NULL), -1);
    assert_int_equal(roster_check(buf_span(&m->next), m->second, NULL, NULL), -1);
    /* A note of another roster than the one parsed. */
    assert_int_equal(roster_check(buf_span(&m->note), m->second, m->first, NULL), -1);
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
old_and_new_keys_stand_side_by_side_up_to_the_limit(void **state)
{
    static const char *const seeds[] = {"b", "c", "d", "e"};
    static const uint8_t log[LOG_ID_BYTES] = {7};
    struct made *m = *state;
    struct roster_member *a = &m->draft->member[0];
    char line[ORIGIN_LINE_MAX];
    uint8_t id[KEY_ID_BYTES];

    for (unsigned i = 0; i < LIMIT_KEY_COUNT - 1; i++) {
        federation_add_key(a->name, "log", seeds[i], &a->log);
        federation_add_key(a->name, "witness",
                           seeds[i][0] == 'b'   ? "bw"
                           : seeds[i][0] == 'c' ? "cw"
                                                : "dw",
                           &a->witness);
    }
    assert_int_equal(parse_draft(m), 0);
    checkpoint_origin_line(m->second->federation, a->name, log, line);
    for (unsigned i = 0; i < LIMIT_KEY_COUNT; i++) {
        checkpoint_key_id(line, NOTE_TYPE_SIGN, a->log.key[i].key, id);
        assert_ptr_equal(roster_log_key(m->second, a->name, log, id), &m->second->member[0].log.key[i]);
        checkpoint_witness_name(m->second->federation, a->name, line);
        checkpoint_key_id(line, NOTE_TYPE_COSIGN, a->witness.key[i].key, id);
        assert_ptr_equal(roster_witness_key(m->second, a->name, id), &m->second->member[0].witness.key[i]);
        assert_null(roster_witness_key(m->second, "de-dlr", id));
        checkpoint_origin_line(m->second->federation, a->name, log, line);
    }
    /* The id is of the log: the same key has another one elsewhere. */
    checkpoint_key_id("elsewhere", NOTE_TYPE_SIGN, a->log.key[0].key, id);
    assert_null(roster_log_key(m->second, a->name, log, id));
    assert_null(roster_log_key(m->second, "xx-none", log, id));
}

static void
a_removed_member_keeps_its_keys_but_is_not_current(void **state)
{
    static const uint8_t log[LOG_ID_BYTES] = {7};
    struct made *m = *state;
    char line[ORIGIN_LINE_MAX];
    uint8_t id[KEY_ID_BYTES];

    m->draft->member[1].removed = true;
    assert_int_equal(parse_draft(m), 0);
    assert_non_null(roster_member(m->second, "de-dlr"));
    assert_false(roster_is_current(m->second, "de-dlr"));
    assert_true(roster_is_current(m->second, "fr-cnes"));
    assert_false(roster_is_current(m->second, "xx-none"));
    assert_null(roster_member(m->second, "xx-none"));
    assert_ptr_equal(roster_member_by_transport(m->second, m->draft->member[1].transport.key[0].key),
                     &m->second->member[1]);
    assert_null(roster_member_by_transport(m->second, m->draft->member[1].log.key[0].key));
    checkpoint_origin_line(m->second->federation, "de-dlr", log, line);
    checkpoint_key_id(line, NOTE_TYPE_SIGN, m->draft->member[1].log.key[0].key, id);
    assert_non_null(roster_log_key(m->second, "de-dlr", log, id));
}

/* Whatever bit of a note is flipped: it is refused, or all that changed is that a line is of nobody. */
static void
a_flipped_bit_never_gains_a_signature(void **state)
{
    struct made *m = *state;
    uint8_t *bytes = m->note.p;

    for (size_t bit = 0; bit < m->note.n * 8;
         bit += 5) { /* each fifth: all bit places of all bytes by and by */
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_in_range(roster_signatures(buf_span(&m->note), m->first), 0, 2);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(roster_signatures(buf_span(&m->note), m->first), 3);
}

static void
the_normal_form_keeps_good_lines_of_stewards_only(void **state)
{
    struct made *m = *state;
    struct secret *s = secret_new_random();
    struct span text;
    struct span lines;

    roster_split(buf_span(&m->note), &text, &lines);
    buf_put_span(&m->text, buf_span(&m->note));
    buf_put_span(&m->text, lines);
    note_sign(text, "example.org/else", s, &m->text);
    secret_free(s);
    assert_int_equal(roster_normal(buf_span(&m->text), m->first, NULL, &m->next), 0);
    assert_true(span_equal(buf_span(&m->next), buf_span(&m->note)));
    assert_int_equal(roster_normal(text, m->first, NULL, &m->next), -1);
}

static void
a_listed_steward_signs_with_the_listed_key_only(void **state)
{
    struct made *m = *state;
    struct secret *s = secret_new_random();

    assert_int_equal(roster_add_signature(buf_span(&m->note), "paris", s, &m->next, &m->why), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_VALUE);
    assert_int_equal(roster_add_signature(buf_span(&m->note), "nobody", s, &m->next, NULL), -1);
    assert_int_equal(roster_add_signature(buf_span(&m->note), "a b", s, &m->next, NULL), -1);
    assert_int_equal(roster_add_signature(span_str("version: 1\n"), "paris", s, &m->next, NULL), -1);
    secret_free(s);
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
        TEST(what_is_written_is_read_again),
        TEST(every_byte_of_the_text_is_counted_in_the_hash),
        TEST(the_first_roster_needs_its_threshold_of_stewards),
        TEST(a_steward_who_signs_twice_counts_once),
        TEST(a_bad_signature_of_a_steward_refuses_the_whole_note),
        TEST(a_successor_needs_the_threshold_of_the_old_and_of_the_new),
        TEST(a_successor_of_something_else_is_refused),
        TEST(each_value_that_is_wrong_is_refused_at_its_line),
        TEST(endpoints_of_every_kind_are_taken),
        TEST(thresholds_are_those_that_cannot_split_and_can_move),
        TEST(no_key_may_occur_twice_in_any_role),
        TEST(keys_must_be_valid_points),
        TEST(a_proof_of_possession_is_bound_to_member_kind_and_key),
        TEST(each_key_needs_its_proof_and_each_proof_its_key),
        TEST(old_and_new_keys_stand_side_by_side_up_to_the_limit),
        TEST(a_removed_member_keeps_its_keys_but_is_not_current),
        TEST(a_flipped_bit_never_gains_a_signature),
        TEST(the_normal_form_keeps_good_lines_of_stewards_only),
        TEST(a_listed_steward_signs_with_the_listed_key_only),
        TEST(a_text_that_is_too_large_cut_or_not_yaml_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
