#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "federation.h"

#define BODY "what the origin says of the sky"

struct made {
    struct roster *first, *last;
    struct buf note[2];
    struct span notes[2];
    struct federation_log log;
    struct buf bundle, scratch;
    struct bundle_result result;
    struct why why;
};

/* A federation of two versions: a member joins in the second. */
static int
setup(void **state)
{
    struct made *m = calloc(1, sizeof *m);
    struct roster *draft;

    secret_start();
    draft = federation_roster(1, 1);
    m->first = roster_new();
    m->last = roster_new();
    buf_init(&m->note[0], LIMIT_ROSTER_BYTES);
    buf_init(&m->note[1], LIMIT_ROSTER_BYTES);
    buf_init(&m->bundle, LIMIT_PROOF_BYTES);
    buf_init(&m->scratch, LIMIT_HEADER_BYTES + LIMIT_BODY_BYTES);
    if (federation_note(draft, 0, 1, &m->note[0]) != 0 ||
        roster_parse(buf_span(&m->note[0]), m->first, NULL) != 0)
        return -1;
    memcpy(draft->federation, m->first->federation, sizeof draft->federation);
    memcpy(draft->hash, m->first->hash, HASH_BYTES);
    federation_succeed(draft);
    federation_add_member(draft, federation_members[1]);
    if (federation_note(draft, 0, 1, &m->note[1]) != 0 ||
        roster_parse(buf_span(&m->note[1]), m->last, NULL) != 0)
        return -1;
    m->notes[0] = buf_span(&m->note[0]);
    m->notes[1] = buf_span(&m->note[1]);
    roster_free(draft);
    if (federation_log_make(&m->log, m->last, "fr-cnes", 11, 6, span_str(BODY)) != 0)
        return -1;
    federation_bundle(&m->log, m->notes, 2, 2, true, &m->bundle);
    *state = m;
    return 0;
}

static int
teardown(void **state)
{
    struct made *m = *state;

    federation_log_release(&m->log);
    roster_free(m->first);
    roster_free(m->last);
    buf_release(&m->note[0]);
    buf_release(&m->note[1]);
    buf_release(&m->bundle);
    buf_release(&m->scratch);
    free(m);
    return 0;
}

static int
verify(struct made *m, struct span text)
{
    why_clear(&m->why);
    return bundle_verify(text, NULL, m->first->hash, &m->scratch, &m->result, &m->why);
}

/* Where the cosignature lines begin: behind the line of the log. */
static size_t
cosignatures_at(const struct buf *b)
{
    static const char dash[] = "\n\xE2\x80\x94 ";
    const char *text = (const char *)b->p;
    const char *line = strstr(text, dash);

    assert_non_null(line);
    return (size_t)(strchr(line + 1, '\n') - text) + 1;
}

static void
a_bundle_verifies_with_nothing_but_the_fingerprint(void **state)
{
    struct made *m = *state;
    const struct bundle_result *r = &m->result;

    assert_false(buf_failed(&m->bundle));
    if (verify(m, buf_span(&m->bundle)) != 0)
        fail_msg("line %u: %s", m->why.line, m->why.note);
    assert_string_equal(r->origin, "fr-cnes");
    assert_memory_equal(r->log, m->log.id, LOG_ID_BYTES);
    assert_int_equal(r->index, 6);
    assert_int_equal(r->size, 11);
    assert_int_equal(r->roster_version, 2);
    assert_false(r->origin_removed);
    assert_true(span_equal(r->header, buf_span(&m->log.header)));
    assert_true(span_is(r->body, BODY));
    assert_int_equal(r->good_n, 2);
    assert_int_equal(r->lost_n, 0);
    assert_string_equal(r->good[0], "fr-cnes");
    assert_string_equal(r->good[1], "de-dlr");
    assert_int_equal(r->good_time[1], 1790000001);
}

static void
a_body_that_is_not_held_is_told(void **state)
{
    struct made *m = *state;

    buf_clear(&m->bundle);
    federation_bundle(&m->log, m->notes, 2, 0, false, &m->bundle);
    assert_int_equal(verify(m, buf_span(&m->bundle)), 0);
    assert_null(m->result.body.p);
    assert_int_equal(m->result.good_n, 0);
    federation_log_release(&m->log);
    assert_int_equal(federation_log_make(&m->log, m->last, "fr-cnes", 1, 0, span_of(NULL, 0)), 0);
    buf_clear(&m->bundle);
    federation_bundle(&m->log, m->notes, 2, 0, true, &m->bundle);
    assert_int_equal(verify(m, buf_span(&m->bundle)), 0);
    assert_non_null(m->result.body.p); /* a body of no bytes is held */
    assert_int_equal(m->result.body.n, 0);
}

static void
another_fingerprint_is_refused(void **state)
{
    struct made *m = *state;
    uint8_t fingerprint[HASH_BYTES];

    for (size_t bit = 0; bit < HASH_BYTES * 8; bit += 37) {
        memcpy(fingerprint, m->first->hash, HASH_BYTES);
        fingerprint[bit / 8] ^= (uint8_t)(1u << bit % 8);
        why_clear(&m->why);
        assert_int_equal(
            bundle_verify(buf_span(&m->bundle), NULL, fingerprint, &m->scratch, &m->result, &m->why), -1);
        assert_int_equal(m->why.code, WHY_ROSTER_CHAIN);
    }
    /* The fingerprint is that of the first roster, not of the last. */
    assert_int_equal(bundle_verify(buf_span(&m->bundle), NULL, m->last->hash, &m->scratch, &m->result, NULL),
                     -1);
}

static void
flip_each(struct made *m, unsigned step)
{
    struct buf *b = &m->bundle;
    size_t lines_at = cosignatures_at(b);
    unsigned good;

    assert_int_equal(verify(m, buf_span(b)), 0);
    good = m->result.good_n;
    for (size_t bit = 0; bit < b->n * 8; bit += step) {
        int status;

        b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        status = verify(m, buf_span(b));
        if (bit / 8 < lines_at && status == 0)
            fail_msg("bit %zu of byte %zu is not counted", bit % 8, bit / 8);
        if (bit / 8 >= lines_at && (status != 0 || m->result.good_n >= good || m->result.lost_n == 0))
            fail_msg("bit %zu of byte %zu in a cosignature line: %s", bit % 8, bit / 8, m->why.note);
        b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(verify(m, buf_span(b)), 0);
}

static void
every_flipped_bit_is_refused_or_costs_its_cosignature_only(void **state)
{
    struct made *m = *state;

    federation_log_release(&m->log);
    assert_int_equal(federation_log_make(&m->log, m->first, "fr-cnes", 3, 1, span_str("b")), 0);
    buf_clear(&m->bundle);
    federation_bundle(&m->log, m->notes, 1, 1, true, &m->bundle);
    flip_each(m, 1);
}

static void
a_flipped_bit_in_any_byte_of_a_chain_is_refused(void **state)
{
    flip_each(*state, 15);
}

/* Other bytes than a bit away: those that end lines and words. */
static void
every_byte_made_a_newline_or_a_blank_is_refused_or_costs_its_cosignature_only(void **state)
{
    struct made *m = *state;
    struct buf *b = &m->bundle;
    size_t lines_at = cosignatures_at(b);

    for (size_t i = 0; i < b->n; i += i < lines_at ? 3 : 1) {
        static const char others[] = {'\n', ' ', 0};

        for (size_t k = 0; k < sizeof others; k++) {
            uint8_t keep = b->p[i];
            int status;

            if (keep == (uint8_t)others[k])
                continue;
            b->p[i] = (uint8_t)others[k];
            status = verify(m, buf_span(b));
            b->p[i] = keep;
            if (i < lines_at)
                assert_int_equal(status, -1);
            else if (status != 0 || m->result.good_n > 1 || m->result.lost_n == 0)
                fail_msg("byte %zu: %s", i, m->why.note);
        }
    }
}

static void
a_bundle_that_is_cut_is_refused_until_only_cosignatures_are_lost(void **state)
{
    struct made *m = *state;
    size_t lines_at = cosignatures_at(&m->bundle);

    for (size_t n = 0; n < m->bundle.n; n += n < lines_at - 300 ? 41 : 1) {
        char *copy = malloc(n + 1);

        memcpy(copy, m->bundle.p, n);
        assert_int_equal(verify(m, span_of(copy, n)), n < lines_at ? -1 : 0);
        if (n > lines_at)
            assert_true(m->result.good_n < 2);
        free(copy);
    }
}

static void
bytes_behind_the_last_line_are_a_lost_line(void **state)
{
    struct made *m = *state;

    buf_put_str(&m->bundle, "x");
    assert_int_equal(verify(m, buf_span(&m->bundle)), 0);
    assert_int_equal(m->result.good_n, 2);
    assert_int_equal(m->result.lost_n, 1);
    assert_string_equal(m->result.lost[0], "x");
    for (unsigned i = 0; i < LIMIT_NOTE_LINES_COUNT; i++)
        buf_put_str(&m->bundle, "\xE2\x80\x94 a\x01\xFF b\n");
    assert_int_equal(verify(m, buf_span(&m->bundle)), -1);
    m->bundle.n -= 9 * 9;
    assert_int_equal(verify(m, buf_span(&m->bundle)), 0);
    assert_string_equal(m->result.lost[1], "a??");
}

static void
cosignatures_count_each_current_key_once_and_strangers_never(void **state)
{
    struct made *m = *state;
    size_t at = cosignatures_at(&m->bundle);
    struct cosignature line;
    struct buf copy;

    buf_init(&copy, LIMIT_PROOF_BYTES);
    buf_put_span(&copy, buf_span(&m->bundle));
    buf_put(&copy, m->bundle.p + at, m->bundle.n - at); /* both again */
    assert_int_equal(verify(m, buf_span(&copy)), 0);
    assert_int_equal(m->result.good_n, 2);
    assert_int_equal(m->result.lost_n, 2);
    /* A node that is no member, and one that cosigned another head. */
    buf_clear(&copy);
    checkpoint_print(&m->log.head, m->last->federation, m->log.origin_line, NULL, 0, &copy);
    federation_cosign(m->last, m->log.origin_line, &m->log.head, "jp-jaxa", 1, &line);
    buf_clear(&copy);
    buf_put(&copy, m->bundle.p, at);
    {
        struct buf note;
        struct checkpoint other = m->log.head;

        buf_init(&note, LIMIT_ROSTER_BYTES);
        checkpoint_print(&m->log.head, m->last->federation, m->log.origin_line, &line, 1, &note);
        buf_put_span(&copy, span_str(strrchr(buf_cstr(&note), 0x94) - 2));
        other.size++;
        federation_cosign(m->last, m->log.origin_line, &other, "de-dlr", 1, &line);
        buf_clear(&note);
        checkpoint_print(&m->log.head, m->last->federation, m->log.origin_line, &line, 1, &note);
        buf_put_span(&copy, span_str(strrchr(buf_cstr(&note), 0x94) - 2));
        buf_release(&note);
    }
    assert_int_equal(verify(m, buf_span(&copy)), 0);
    assert_int_equal(m->result.good_n, 0);
    assert_int_equal(m->result.lost_n, 2);
    assert_non_null(strstr(m->result.lost[0], "/jp-jaxa/witness"));
    assert_non_null(strstr(m->result.lost[1], "/de-dlr/witness"));
    buf_release(&copy);
}

static void
a_given_roster_needs_no_chain_but_must_agree_with_it(void **state)
{
    struct made *m = *state;
    struct roster *other = federation_roster(2, 2);
    struct buf none;

    buf_init(&none, LIMIT_PROOF_BYTES);
    federation_bundle(&m->log, NULL, 0, 2, true, &none);
    assert_int_equal(bundle_verify(buf_span(&none), m->last, NULL, &m->scratch, &m->result, &m->why), 0);
    assert_int_equal(m->result.good_n, 2);
    assert_int_equal(verify(m, buf_span(&none)), -1);
    assert_int_equal(bundle_verify(buf_span(&m->bundle), m->last, NULL, &m->scratch, &m->result, NULL), 0);
    /* The older roster does not list de-dlr yet: its cosignature is of a stranger. */
    assert_int_equal(bundle_verify(buf_span(&m->bundle), m->first, NULL, &m->scratch, &m->result, NULL), 0);
    assert_int_equal(m->result.good_n, 1);
    assert_int_equal(m->result.roster_version, 1);
    /* Another federation, and one that says it is this one. */
    assert_int_equal(bundle_verify(buf_span(&m->bundle), other, NULL, &m->scratch, &m->result, NULL), -1);
    memcpy(other, m->last, sizeof *other);
    other->hash[0] ^= 1;
    assert_int_equal(bundle_verify(buf_span(&m->bundle), other, NULL, &m->scratch, &m->result, NULL), -1);
    roster_free(other);
    buf_release(&none);
}

/* Each part of one bundle in another: every exchange is noticed. */
static void
parts_of_another_record_log_or_federation_are_refused(void **state)
{
    struct made *m = *state;
    struct federation_log other;
    struct federation_log mixed;
    struct buf text;

    buf_init(&text, LIMIT_PROOF_BYTES);
    assert_int_equal(federation_log_make(&other, m->last, "fr-cnes", 12, 7, span_str("something else")), 0);
    for (int part = 0; part < 7; part++) {
        mixed = m->log;
        if (part == 0)
            mixed.header = other.header;
        else if (part == 1)
            mixed.body = other.body;
        else if (part == 2)
            mixed.index = other.index;
        else if (part == 3)
            mixed.head = other.head;
        else if (part == 4)
            memcpy(mixed.path, other.path, sizeof mixed.path);
        else if (part == 5)
            mixed.node = "de-dlr";
        else
            mixed.path_n--;
        buf_clear(&text);
        federation_bundle(&mixed, m->notes, 2, 0, true, &text);
        if (verify(m, buf_span(&text)) != -1)
            fail_msg("part %d of another is taken", part);
    }
    /* Signed by another member's key, under its own name. */
    mixed = m->log;
    federation_head(m->last, "de-dlr", mixed.id, mixed.size, mixed.head.root, &mixed.head);
    buf_clear(&text);
    federation_bundle(&mixed, m->notes, 2, 0, true, &text);
    assert_int_equal(verify(m, buf_span(&text)), -1);
    federation_log_release(&other);
    buf_release(&text);
}

static void
a_chain_with_a_gap_a_wrong_order_or_too_few_signatures_is_refused(void **state)
{
    struct made *m = *state;
    struct span swapped[] = {m->notes[1], m->notes[0]};
    struct span twice[] = {m->notes[0], m->notes[0]};
    struct span text;
    struct span lines;
    struct span bare[2];

    buf_clear(&m->bundle);
    federation_bundle(&m->log, &m->notes[1], 1, 2, true, &m->bundle);
    assert_int_equal(verify(m, buf_span(&m->bundle)), -1);
    buf_clear(&m->bundle);
    federation_bundle(&m->log, swapped, 2, 2, true, &m->bundle);
    assert_int_equal(verify(m, buf_span(&m->bundle)), -1);
    buf_clear(&m->bundle);
    federation_bundle(&m->log, twice, 2, 2, true, &m->bundle);
    assert_int_equal(verify(m, buf_span(&m->bundle)), -1);
    roster_split(m->notes[1], &text, &lines);
    bare[0] = m->notes[0];
    bare[1] = text;
    buf_clear(&m->bundle);
    federation_bundle(&m->log, bare, 2, 2, true, &m->bundle);
    assert_int_equal(verify(m, buf_span(&m->bundle)), -1);
}

/* A roster note may carry lines that its chain does not know; the bundle leaves them out, so that no byte is
 * unchecked. */
static void
lines_of_strangers_on_a_roster_are_left_out(void **state)
{
    struct made *m = *state;
    struct secret *s = secret_new_random();
    struct span notes[2] = {m->notes[0], m->notes[1]};
    struct span text;
    struct span lines;
    struct buf more;
    struct buf out;

    buf_init(&more, LIMIT_ROSTER_BYTES);
    buf_init(&out, LIMIT_PROOF_BYTES);
    roster_split(m->notes[1], &text, &lines);
    buf_put_span(&more, m->notes[1]);
    note_sign(text, "example.org/else", s, &more);
    notes[1] = buf_span(&more);
    federation_bundle(&m->log, notes, 2, 2, true, &out);
    assert_true(span_equal(buf_span(&out), buf_span(&m->bundle)));
    buf_release(&more);
    buf_release(&out);
    secret_free(s);
}

/* The bundle with ${from} made ${to} inside its extra line; -1 when it is not there. */
static int
change_extra(struct buf *bundle, struct span from, struct span to, struct buf *out)
{
    static const char word[] = "\nextra ";
    const uint8_t *start = (const uint8_t *)strstr(buf_cstr(bundle), word) + sizeof word - 1;
    const uint8_t *end = memchr(start, '\n', bundle->n);
    struct buf packed;
    struct buf changed;
    const uint8_t *at;

    buf_init(&packed, LIMIT_PROOF_BYTES);
    buf_init(&changed, LIMIT_PROOF_BYTES);
    assert_int_equal(text_unbase64(span_of(start, (size_t)(end - start)), &packed), 0);
    at = from.n > 0 ? memmem(packed.p, packed.n, from.p, from.n) : packed.p + packed.n;
    if (at != NULL) {
        buf_put(&changed, packed.p, (size_t)(at - packed.p));
        buf_put_span(&changed, to);
        buf_put(&changed, at + from.n, (size_t)(packed.p + packed.n - at) - from.n);
    }
    buf_clear(out);
    buf_put(out, bundle->p, (size_t)(start - bundle->p));
    text_base64(out, buf_span(&changed));
    buf_put(out, end, (size_t)(bundle->p + bundle->n - end));
    buf_release(&packed);
    buf_release(&changed);
    return at != NULL ? 0 : -1;
}

/* The same message in other bytes: an unknown field, one put last, a length in more bytes than it takes. */
static void
an_extra_that_is_packed_otherwise_is_refused(void **state)
{
    static const char origin[] = "\x22\x07"
                                 "fr-cnes";
    struct made *m = *state;
    struct buf out;
    struct buf again;

    buf_init(&out, LIMIT_PROOF_BYTES);
    buf_init(&again, LIMIT_PROOF_BYTES);
    assert_int_equal(change_extra(&m->bundle, span_str(origin), span_str(origin), &out), 0);
    assert_int_equal(verify(m, buf_span(&out)), 0);
    assert_int_equal(change_extra(&m->bundle, span_of(NULL, 0), span_of("\x82\x02\x01x", 4), &out), 0);
    assert_int_equal(verify(m, buf_span(&out)), -1);
    assert_int_equal(change_extra(&m->bundle, span_str(origin),
                                  span_of("\x22\x87\x00"
                                          "fr-cnes",
                                          10),
                                  &out),
                     0);
    assert_int_equal(verify(m, buf_span(&out)), -1);
    assert_int_equal(change_extra(&m->bundle, span_str(origin), span_of(NULL, 0), &out), 0);
    assert_int_equal(verify(m, buf_span(&out)), -1);
    /* The body, put behind everything else. */
    assert_int_equal(change_extra(&m->bundle, span_str("\x12\x1f" BODY), span_of(NULL, 0), &out), 0);
    assert_int_equal(change_extra(&out, span_of(NULL, 0), span_str("\x12\x1f" BODY), &again), 0);
    assert_int_equal(verify(m, buf_span(&again)), -1);
    buf_release(&out);
    buf_release(&again);
}

/* Three of four signatures are enough: the fourth must not be a place where bytes can change unseen. */
static void
a_spare_signature_on_a_roster_is_checked_like_the_others(void **state)
{
    struct made *m = *state;
    struct roster *draft = federation_roster(1, 4);
    struct buf out;

    buf_init(&out, LIMIT_PROOF_BYTES);
    assert_int_equal(federation_note(draft, 0, 4, &m->note[0]), 0);
    assert_int_equal(roster_parse(buf_span(&m->note[0]), m->first, NULL), 0);
    m->notes[0] = buf_span(&m->note[0]);
    federation_log_release(&m->log);
    assert_int_equal(federation_log_make(&m->log, m->first, "fr-cnes", 3, 1, span_str("b")), 0);
    buf_clear(&m->bundle);
    federation_bundle(&m->log, m->notes, 1, 1, true, &m->bundle);
    assert_int_equal(verify(m, buf_span(&m->bundle)), 0);
    assert_int_equal(change_extra(&m->bundle, span_str("/steward/koeln "), span_str("/steward/kiel0 "), &out),
                     0);
    assert_int_equal(verify(m, buf_span(&out)), -1);
    assert_int_equal(m->why.code, WHY_ROSTER_SHAPE);
    roster_free(draft);
    buf_release(&out);
}

static void
a_checkpoint_with_more_lines_than_three_is_refused(void **state)
{
    struct made *m = *state;
    char *text = strdup(buf_cstr(&m->bundle));
    char *gap = strstr(text, "=\n\n\xE2\x80\x94 ") + 2;
    struct buf out;

    buf_init(&out, LIMIT_PROOF_BYTES);
    for (int instead = 0; instead < 2; instead++) {
        buf_clear(&out);
        buf_put(&out, text, (size_t)(gap - text));
        buf_put_str(&out, "more\n");
        buf_put_str(&out, gap + instead); /* beside the empty line, and in its place */
        assert_int_equal(verify(m, buf_span(&out)), -1);
    }
    buf_release(&out);
    free(text);
}

static void
a_removed_origin_is_told_not_refused(void **state)
{
    struct made *m = *state;

    m->last->member[0].removed = true;
    assert_int_equal(bundle_verify(buf_span(&m->bundle), m->last, NULL, &m->scratch, &m->result, NULL), 0);
    assert_true(m->result.origin_removed);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_bundle_verifies_with_nothing_but_the_fingerprint),
        TEST(a_body_that_is_not_held_is_told),
        TEST(another_fingerprint_is_refused),
        TEST(every_flipped_bit_is_refused_or_costs_its_cosignature_only),
        TEST(a_flipped_bit_in_any_byte_of_a_chain_is_refused),
        TEST(every_byte_made_a_newline_or_a_blank_is_refused_or_costs_its_cosignature_only),
        TEST(a_bundle_that_is_cut_is_refused_until_only_cosignatures_are_lost),
        TEST(bytes_behind_the_last_line_are_a_lost_line),
        TEST(cosignatures_count_each_current_key_once_and_strangers_never),
        TEST(a_given_roster_needs_no_chain_but_must_agree_with_it),
        TEST(parts_of_another_record_log_or_federation_are_refused),
        TEST(a_chain_with_a_gap_a_wrong_order_or_too_few_signatures_is_refused),
        TEST(lines_of_strangers_on_a_roster_are_left_out),
        TEST(an_extra_that_is_packed_otherwise_is_refused),
        TEST(a_spare_signature_on_a_roster_is_checked_like_the_others),
        TEST(a_checkpoint_with_more_lines_than_three_is_refused),
        TEST(a_removed_origin_is_told_not_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
