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

static int
parse_draft(struct made *m)
{
    why_clear(&m->why);
    buf_clear(&m->text);
    roster_write(m->draft, &m->text);
    return roster_parse_text(buf_span(&m->text), m->second, &m->why);
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
        TEST(old_and_new_keys_stand_side_by_side_up_to_the_limit),
        TEST(a_removed_member_keeps_its_keys_but_is_not_current),
        TEST(a_flipped_bit_never_gains_a_signature),
        TEST(the_normal_form_keeps_good_lines_of_stewards_only),
        TEST(a_listed_steward_signs_with_the_listed_key_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
