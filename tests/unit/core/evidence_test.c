#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/evidence.h"
#include "federation.h"

#define COMMON 3 /* leaves that both stories begin with */

static struct roster *roster;
static struct why why;

/* Leaves of two stories: the first COMMON are the same. */
static bool
leaf(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    uint64_t named[2] = {lo, lo < COMMON ? 0 : (uint64_t) * (const int *)cookie};

    if (hi - lo != 1)
        return false;
    hash_leaf(span_of(named, sizeof named), out);
    return true;
}

static void
head(int story, uint64_t size, struct checkpoint *out)
{
    static const uint8_t log[LOG_ID_BYTES] = {7, 7, 7};
    uint8_t root[HASH_BYTES];

    assert_int_equal(tree_range_root(leaf, &story, 0, size, root), 0);
    federation_head(roster, "fr-cnes", log, size, root, out);
}

/* ${older} leaves of story 1 against ${newer} of story 2. */
static struct evidence
make(uint64_t older, uint64_t newer)
{
    struct evidence e = {.path_n = 0};
    int story = 2, n;

    (void)snprintf(e.origin, sizeof e.origin, "%s", "fr-cnes");
    head(1, older, &e.older);
    head(2, newer, &e.newer);
    assert_int_equal(tree_range_root(leaf, &story, 0, older, e.prefix_root), 0);
    n = tree_prove_consistency(leaf, &story, older, newer, e.path);
    assert_true(n >= 0);
    e.path_n = (uint32_t)n;
    return e;
}

static int
setup(void **state)
{
    struct buf text;

    secret_start();
    roster = federation_roster(3, 4);
    buf_init(&text, LIMIT_ROSTER_BYTES);
    roster_write(roster, &text);
    assert_int_equal(roster_parse_text(buf_span(&text), roster, &why), 0);
    buf_release(&text);
    return 0;
}

static int
teardown(void **state)
{
    roster_free(roster);
    return 0;
}

static int
check(const struct evidence *e)
{
    why_clear(&why);
    return evidence_check(e, roster, &why);
}

static void
two_heads_of_two_stories_are_a_contradiction_at_any_sizes(void **state)
{
    static const uint64_t sizes[][2] = {{4, 4}, {4, 5}, {5, 9}, {8, 8}, {9, 300}, {256, 257}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct evidence e = make(sizes[i][0], sizes[i][1]);
        assert_int_equal(check(&e), 0);
    }
}

/* ${size} leaves, with proofs that both heads have them. */
static void
add_common(struct evidence *e, uint64_t size)
{
    int one = 1, two = 2;

    e->common.size = size;
    assert_int_equal(tree_range_root(leaf, &one, 0, size, e->common.root), 0);
    e->common.older_n = (uint32_t)tree_prove_consistency(leaf, &one, size, e->older.size, e->common.older);
    e->common.newer_n = (uint32_t)tree_prove_consistency(leaf, &two, size, e->newer.size, e->common.newer);
}

static void
what_both_have_is_proved_up_to_where_they_part(void **state)
{
    static struct evidence e, back;
    struct buf packed;

    for (uint64_t size = 1; size <= COMMON + 1; size++) {
        e = make(9, 300);
        add_common(&e, size);
        assert_int_equal(check(&e), size <= COMMON ? 0 : -1);
    }
    e = make(9, 300);
    add_common(&e, COMMON);
    buf_init(&packed, LIMIT_FRAME_BYTES);
    evidence_pack(&e, &packed);
    assert_int_equal(evidence_unpack(buf_span(&packed), &back), 0);
    assert_int_equal(check(&back), 0);
    assert_int_equal(back.common.size, COMMON);
    buf_release(&packed);
    e.common.root[0] ^= 1;
    assert_int_equal(check(&e), -1);
    e.common.root[0] ^= 1;
    e.common.newer[0][0] ^= 1;
    assert_int_equal(check(&e), -1);
}

static void
two_heads_of_one_story_are_none(void **state)
{
    struct evidence e = make(COMMON, 9); /* what they have in common */

    assert_int_equal(check(&e), -1);
    assert_int_equal(why.code, WHY_PROOF_BAD);
}

static void
each_part_counts(void **state)
{
    struct evidence good = make(5, 9), e;

    e = good, e.older.signature[3] ^= 1;
    assert_int_equal(check(&e), -1);
    assert_int_equal(why.code, WHY_HEAD_SIGNATURE);
    e = good, e.newer.key_id[0] ^= 1;
    assert_int_equal(check(&e), -1);
    assert_int_equal(why.code, WHY_HEAD_KEY);
    e = good, e.path[1][0] ^= 1;
    assert_int_equal(check(&e), -1);
    assert_int_equal(why.code, WHY_PROOF_BAD);
    e = good, e.path_n--;
    assert_int_equal(check(&e), -1);
    e = good, e.prefix_root[0] ^= 1;
    assert_int_equal(check(&e), -1);
    e = good, e.older.log[0] ^= 1;
    assert_int_equal(check(&e), -1);
    e = good, e.older = good.newer, e.newer = good.older;
    assert_int_equal(check(&e), -1);
    e = good, (void)snprintf(e.origin, sizeof e.origin, "%s", "jp-jaxa"); /* another member's word */
    assert_int_equal(check(&e), -1);
    assert_int_equal(why.code, WHY_HEAD_KEY);
    e = good, (void)snprintf(e.origin, sizeof e.origin, "%s", "xx-nobody");
    assert_int_equal(check(&e), -1);
    assert_int_equal(why.code, WHY_HEAD_KEY);
}

static void
it_is_packed_and_printed_and_read_back(void **state)
{
    struct evidence e = make(5, 300), again;
    struct buf packed, text;

    buf_init(&packed, LIMIT_FRAME_BYTES);
    buf_init(&text, EVIDENCE_TEXT_BYTES);
    evidence_pack(&e, &packed);
    assert_int_equal(evidence_unpack(buf_span(&packed), &again), 0);
    assert_memory_equal(&again, &e, sizeof e);
    evidence_print(&e, roster->federation, &text);
    assert_true(evidence_is(buf_span(&text)));
    why_clear(&why);
    assert_int_equal(evidence_parse(buf_span(&text), roster->federation, &again, &why), 0);
    assert_memory_equal(&again, &e, sizeof e);
    buf_release(&packed);
    buf_release(&text);
}

static void
a_text_that_is_cut_or_changed_anywhere_is_refused(void **state)
{
    struct evidence e = make(5, 9), again;
    struct buf text;

    buf_init(&text, EVIDENCE_TEXT_BYTES);
    evidence_print(&e, roster->federation, &text);
    for (size_t n = 0; n < text.n; n++) {
        why_clear(&why);
        assert_int_equal(evidence_parse(span_of(text.p, n), roster->federation, &again, &why), -1);
        assert_int_not_equal(why.code, WHY_NONE);
    }
    for (size_t i = 0; i < text.n; i++) {
        text.p[i] ^= 1;
        why_clear(&why);
        if (evidence_parse(buf_span(&text), roster->federation, &again, &why) == 0)
            assert_int_equal(check(&again), -1);
        text.p[i] ^= 1;
    }
    assert_int_equal(evidence_parse(buf_span(&text), "00000000000000000000000000000000", &again, &why), -1);
    buf_release(&text);
}

static void
a_frame_with_parts_of_wrong_lengths_is_refused(void **state)
{
    struct evidence e = make(5, 9), out;
    struct buf packed;
    Parallax__V1__Fork *f;

    buf_init(&packed, LIMIT_FRAME_BYTES);
    evidence_pack(&e, &packed);
    f = parallax__v1__fork__unpack(NULL, packed.n, packed.p);
    assert_non_null(f);
    f->prefix_root.len--;
    assert_int_equal(evidence_take(f, &out, &why), -1);
    f->prefix_root.len++;
    f->path[0].len--;
    assert_int_equal(evidence_take(f, &out, &why), -1);
    f->path[0].len++;
    f->older->root.len--;
    assert_int_equal(evidence_take(f, &out, &why), -1);
    f->older->root.len++;
    assert_int_equal(evidence_take(f, &out, &why), 0);
    f->origin[0] = '/';
    assert_int_equal(evidence_take(f, &out, &why), -1);
    parallax__v1__fork__free_unpacked(f, NULL);
    buf_release(&packed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_heads_of_two_stories_are_a_contradiction_at_any_sizes),
        cmocka_unit_test(what_both_have_is_proved_up_to_where_they_part),
        cmocka_unit_test(two_heads_of_one_story_are_none),
        cmocka_unit_test(each_part_counts),
        cmocka_unit_test(it_is_packed_and_printed_and_read_back),
        cmocka_unit_test(a_text_that_is_cut_or_changed_anywhere_is_refused),
        cmocka_unit_test(a_frame_with_parts_of_wrong_lengths_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
