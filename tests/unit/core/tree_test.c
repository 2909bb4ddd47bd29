#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "core/tree.h"

#define LEAVES_MAX 5000

static uint8_t leaves[LEAVES_MAX][HASH_BYTES];

typedef uint8_t proof_hashes[LIMIT_PROOF_COUNT][HASH_BYTES];

/* Written from RFC 6962 section 2.1, as slow as it reads. */
static uint64_t
ref_split(uint64_t n)
{
    uint64_t k = 1;

    while (k * 2 < n)
        k *= 2;
    return k;
}

static void
ref_root(uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    uint8_t left[HASH_BYTES];
    uint8_t right[HASH_BYTES];
    uint64_t k;

    if (lo == hi) {
        hash_empty(out);
        return;
    }
    if (hi - lo == 1) {
        memcpy(out, leaves[lo], HASH_BYTES);
        return;
    }
    k = ref_split(hi - lo);
    ref_root(lo, lo + k, left);
    ref_root(lo + k, hi, right);
    hash_node(left, right, out);
}

static int
ref_path(uint64_t m, uint64_t lo, uint64_t hi, uint8_t (*out)[HASH_BYTES])
{
    uint64_t k;
    int n;

    if (hi - lo == 1)
        return 0;
    k = ref_split(hi - lo);
    if (m < k) {
        n = ref_path(m, lo, lo + k, out);
        ref_root(lo + k, hi, out[n]);
    } else {
        n = ref_path(m - k, lo + k, hi, out);
        ref_root(lo, lo + k, out[n]);
    }
    return n + 1;
}

static int
ref_subproof(uint64_t m, uint64_t lo, uint64_t hi, bool whole, uint8_t (*out)[HASH_BYTES])
{
    uint64_t k;
    int n;

    if (m == hi - lo) {
        if (whole)
            return 0;
        ref_root(lo, hi, out[0]);
        return 1;
    }
    k = ref_split(hi - lo);
    if (m <= k) {
        n = ref_subproof(m, lo, lo + k, whole, out);
        ref_root(lo + k, hi, out[n]);
    } else {
        n = ref_subproof(m - k, lo + k, hi, false, out);
        ref_root(lo, lo + k, out[n]);
    }
    return n + 1;
}

/* Knows leaves only: everything above is split down to them. */
static bool
get_leaf(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    const uint64_t *unknown = cookie;

    if (hi - lo != 1 || (unknown != NULL && *unknown == lo))
        return false;
    memcpy(out, leaves[lo], HASH_BYTES);
    return true;
}

static int
setup(void **state)
{
    for (uint32_t i = 0; i < LEAVES_MAX; i++)
        hash_leaf(span_of(&i, sizeof i), leaves[i]);
    return 0;
}

static void
assert_hex(const uint8_t hash[HASH_BYTES], const char *hex)
{
    uint8_t want[HASH_BYTES];

    assert_int_equal(text_unhex(span_str(hex), want, sizeof want), 0);
    assert_memory_equal(hash, want, HASH_BYTES);
}

/* The known roots of certificate-transparency's test vectors. */
static void
roots_of_the_classic_eight_leaves_are_the_published_ones(void **state)
{
    static const struct {
        const char *entry;
        const char *root;
    } rows[] = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct tree t;
    uint8_t root[HASH_BYTES];

    tree_init(&t);
    tree_root(&t, root);
    assert_hex(root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t entry[16];
        uint8_t leaf[HASH_BYTES];
        size_t n = strlen(rows[i].entry) / 2;

        assert_int_equal(text_unhex(span_str(rows[i].entry), entry, n), 0);
        hash_leaf(span_of(entry, n), leaf);
        tree_append(&t, leaf, NULL, NULL);
        assert_int_equal(t.size, i + 1);
        tree_root(&t, root);
        assert_hex(root, rows[i].root);
    }
}

static void
check_inclusions(uint64_t size)
{
    uint8_t root[HASH_BYTES];

    ref_root(0, size, root);
    for (uint64_t index = 0; index < size; index++) {
        proof_hashes want;
        proof_hashes got;
        int n = ref_path(index, 0, size, want);

        assert_int_equal(tree_prove_inclusion(get_leaf, NULL, index, size, got), n);
        assert_memory_equal(got, want, (size_t)n * HASH_BYTES);
        assert_true(tree_check_inclusion(index, size, leaves[index], root, (const uint8_t(*)[HASH_BYTES])got,
                                         (size_t)n));
    }
}

static void
check_consistencies(uint64_t new_size)
{
    uint8_t new_root[HASH_BYTES];

    ref_root(0, new_size, new_root);
    for (uint64_t old_size = 0; old_size <= new_size; old_size++) {
        uint8_t old_root[HASH_BYTES];
        proof_hashes want;
        proof_hashes got;
        int n = old_size > 0 ? ref_subproof(old_size, 0, new_size, true, want) : 0;

        ref_root(0, old_size, old_root);
        assert_int_equal(tree_prove_consistency(get_leaf, NULL, old_size, new_size, got), n);
        assert_memory_equal(got, want, (size_t)n * HASH_BYTES);
        assert_true(tree_check_consistency(old_size, old_root, new_size, new_root,
                                           (const uint8_t(*)[HASH_BYTES])got, (size_t)n));
    }
}

static void
proofs_are_those_of_rfc_6962_for_all_small_sizes(void **state)
{
    for (uint64_t size = 1; size <= 70; size++) {
        check_inclusions(size);
        check_consistencies(size);
    }
    for (uint64_t size = 255; size <= 257; size++) {
        check_inclusions(size);
        check_consistencies(size);
    }
}

static void
peaks_give_the_root_at_every_size(void **state)
{
    struct tree t;

    tree_init(&t);
    for (uint64_t size = 1; size <= 600; size++) {
        uint8_t want[HASH_BYTES];
        uint8_t root[HASH_BYTES];

        tree_append(&t, leaves[size - 1], NULL, NULL);
        assert_int_equal(tree_peaks(&t), __builtin_popcountll(size));
        tree_root(&t, root);
        ref_root(0, size, want);
        assert_memory_equal(root, want, HASH_BYTES);
    }
}

static void
random_big_sizes_agree_with_the_reference(void **state)
{
    srand(20260101);
    for (int i = 0; i < 12; i++) {
        uint64_t new_size = 1 + (uint64_t)rand() % LEAVES_MAX;
        uint64_t old_size = 1 + (uint64_t)rand() % new_size;
        uint64_t index = (uint64_t)rand() % new_size;
        uint8_t old_root[HASH_BYTES];
        uint8_t new_root[HASH_BYTES];
        proof_hashes want;
        proof_hashes got;
        int n = ref_subproof(old_size, 0, new_size, true, want);

        ref_root(0, old_size, old_root);
        ref_root(0, new_size, new_root);
        assert_int_equal(tree_prove_consistency(get_leaf, NULL, old_size, new_size, got), n);
        assert_memory_equal(got, want, (size_t)n * HASH_BYTES);
        assert_true(tree_check_consistency(old_size, old_root, new_size, new_root,
                                           (const uint8_t(*)[HASH_BYTES])got, (size_t)n));
        n = ref_path(index, 0, new_size, want);
        assert_int_equal(tree_prove_inclusion(get_leaf, NULL, index, new_size, got), n);
        assert_memory_equal(got, want, (size_t)n * HASH_BYTES);
        assert_true(tree_check_inclusion(index, new_size, leaves[index], new_root,
                                         (const uint8_t(*)[HASH_BYTES])got, (size_t)n));
    }
}

/* Every leaf the same: a complete subtree of 2^k leaves has one hash, so trees of any size can be had. */
static bool
get_same(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    uint64_t n = hi - lo;

    if ((n & (n - 1)) != 0)
        return false;
    memcpy(out, leaves[0], HASH_BYTES);
    for (; n > 1; n /= 2)
        hash_node(out, out, out);
    return true;
}

static void
proofs_of_the_largest_trees_fit_and_hold(void **state)
{
    static const uint64_t sizes[] = {1,
                                     2,
                                     16777216,
                                     16777217,
                                     ((uint64_t)1 << 40) + 12345,
                                     ((uint64_t)1 << 61) + 1,
                                     ((uint64_t)1 << 62) - 1,
                                     (uint64_t)1 << 62};
    const size_t n_sizes = sizeof sizes / sizeof *sizes;

    for (size_t i = 0; i < n_sizes; i++) {
        for (size_t k = i; k < n_sizes; k++) {
            uint8_t old_root[HASH_BYTES];
            uint8_t new_root[HASH_BYTES];
            proof_hashes proof;
            int n = tree_prove_consistency(get_same, NULL, sizes[i], sizes[k], proof);

            assert_in_range(n, 0, LIMIT_PROOF_COUNT);
            assert_int_equal(tree_range_root(get_same, NULL, 0, sizes[i], old_root), 0);
            assert_int_equal(tree_range_root(get_same, NULL, 0, sizes[k], new_root), 0);
            assert_true(tree_check_consistency(sizes[i], old_root, sizes[k], new_root,
                                               (const uint8_t(*)[HASH_BYTES])proof, (size_t)n));
            n = tree_prove_inclusion(get_same, NULL, sizes[i] - 1, sizes[k], proof);
            assert_in_range(n, 0, LIMIT_PROOF_COUNT);
            assert_true(tree_check_inclusion(sizes[i] - 1, sizes[k], leaves[0], new_root,
                                             (const uint8_t(*)[HASH_BYTES])proof, (size_t)n));
        }
    }
}

/* Each proof of sizes up to 20, spoilt in each way that a liar has. */
static void
wrong_inclusion_proofs_are_refused(void **state)
{
    for (uint64_t size = 1; size <= 20; size++) {
        for (uint64_t index = 0; index < size; index++) {
            uint8_t proof[LIMIT_PROOF_COUNT + 2][HASH_BYTES] = {{0}};
            const uint8_t(*p)[HASH_BYTES] = (const uint8_t(*)[HASH_BYTES])proof;
            uint8_t root[HASH_BYTES];
            size_t n = (size_t)ref_path(index, 0, size, proof);

            ref_root(0, size, root);
            for (uint64_t other = 0; other <= size; other++) {
                if (other != index)
                    assert_false(tree_check_inclusion(other, size, leaves[index], root, p, n));
            }
            assert_false(tree_check_inclusion(index, size, leaves[index + 1], root, p, n));
            assert_false(tree_check_inclusion(index, size, leaves[index], leaves[4000], p, n));
            assert_false(tree_check_inclusion(index, size, leaves[index], root, p, n + 1));
            assert_false(tree_check_inclusion(index, size, leaves[index], root, p, LIMIT_PROOF_COUNT + 1));
            if (n > 0)
                assert_false(tree_check_inclusion(index, size, leaves[index], root, p, n - 1));
            for (size_t i = 0; i < n; i++) {
                proof[i][31] ^= 1;
                assert_false(tree_check_inclusion(index, size, leaves[index], root, p, n));
                proof[i][31] ^= 1;
            }
            assert_true(tree_check_inclusion(index, size, leaves[index], root, p, n));
        }
    }
}

static void
wrong_consistency_proofs_are_refused(void **state)
{
    for (uint64_t new_size = 1; new_size <= 20; new_size++) {
        for (uint64_t old_size = 1; old_size < new_size; old_size++) {
            uint8_t proof[LIMIT_PROOF_COUNT + 2][HASH_BYTES] = {{0}};
            const uint8_t(*p)[HASH_BYTES] = (const uint8_t(*)[HASH_BYTES])proof;
            uint8_t old_root[HASH_BYTES];
            uint8_t new_root[HASH_BYTES];
            size_t n = (size_t)ref_subproof(old_size, 0, new_size, true, proof);

            ref_root(0, old_size, old_root);
            ref_root(0, new_size, new_root);
            assert_false(tree_check_consistency(old_size, leaves[4000], new_size, new_root, p, n));
            assert_false(tree_check_consistency(old_size, old_root, new_size, leaves[4000], p, n));
            assert_false(tree_check_consistency(new_size, new_root, old_size, old_root, p, n));
            assert_false(tree_check_consistency(old_size, old_root, new_size, new_root, p, n - 1));
            assert_false(tree_check_consistency(old_size, old_root, new_size, new_root, p, n + 1));
            assert_false(tree_check_consistency(old_size, old_root, new_size, new_root, p, 0));
            for (uint64_t other = 1; other < new_size; other++) {
                if (other != old_size)
                    assert_false(tree_check_consistency(other, old_root, new_size, new_root, p, n));
            }
            for (size_t i = 0; i < n; i++) {
                proof[i][0] ^= 0x80;
                assert_false(tree_check_consistency(old_size, old_root, new_size, new_root, p, n));
                proof[i][0] ^= 0x80;
            }
        }
    }
}

static void
empty_proofs_are_right_only_for_equal_sizes_and_from_nothing(void **state)
{
    proof_hashes proof = {{0}};
    const uint8_t(*p)[HASH_BYTES] = (const uint8_t(*)[HASH_BYTES])proof;
    uint8_t empty[HASH_BYTES];
    uint8_t root[HASH_BYTES];

    hash_empty(empty);
    ref_root(0, 9, root);
    assert_true(tree_check_consistency(9, root, 9, root, NULL, 0));
    assert_false(tree_check_consistency(9, root, 9, leaves[0], NULL, 0));
    assert_false(tree_check_consistency(9, root, 9, root, p, 1));
    assert_true(tree_check_consistency(0, empty, 9, root, NULL, 0));
    assert_false(tree_check_consistency(0, empty, 9, root, p, 1));
    assert_true(tree_check_consistency(0, empty, 0, empty, NULL, 0));
    assert_false(tree_check_consistency(8, root, 9, root, NULL, 0));
    assert_false(tree_check_inclusion(0, 0, leaves[0], empty, NULL, 0));
    assert_true(tree_check_inclusion(0, 1, leaves[0], leaves[0], NULL, 0));
    assert_false(tree_check_inclusion(0, UINT64_MAX, leaves[0], root, p, LIMIT_PROOF_COUNT));
    assert_false(tree_check_consistency(1, leaves[0], UINT64_MAX, root, p, LIMIT_PROOF_COUNT));
}

static void
a_leaf_that_is_not_known_ends_the_proof(void **state)
{
    proof_hashes proof;
    uint64_t unknown = 5;
    uint8_t root[HASH_BYTES];

    assert_int_equal(tree_prove_inclusion(get_leaf, &unknown, 0, 9, proof), -1);
    assert_int_equal(tree_prove_inclusion(get_leaf, &unknown, 5, 9, proof),
                     4); /* its own hash is not in it */
    assert_int_equal(tree_prove_consistency(get_leaf, &unknown, 4, 9, proof), -1);
    assert_int_equal(tree_range_root(get_leaf, &unknown, 0, 9, root), -1);
    assert_int_equal(tree_range_root(get_leaf, &unknown, 0, 5, root), 0);
}

struct heard {
    unsigned n;
    unsigned level[300];
    uint64_t index[300];
    uint8_t hash[300][HASH_BYTES];
};

static void
hear(void *cookie, unsigned level, uint64_t index, const uint8_t hash[HASH_BYTES])
{
    struct heard *heard = cookie;

    assert_in_range(heard->n, 0, 299);
    heard->level[heard->n] = level;
    heard->index[heard->n] = index;
    memcpy(heard->hash[heard->n++], hash, HASH_BYTES);
}

static void
tile_roots_are_told_when_they_become_complete(void **state)
{
    static struct heard heard;
    struct tree t;

    tree_init(&t);
    for (uint32_t i = 0; i < 65536; i++) {
        tree_append(&t, leaves[i % LEAVES_MAX], hear, &heard);
        assert_int_equal(heard.n, (i + 1) / 256 + (i + 1 == 65536));
    }
    assert_int_equal(heard.n, 257);
    for (unsigned i = 0; i < 256; i++) {
        assert_int_equal(heard.level[i], 8);
        assert_int_equal(heard.index[i], i);
    }
    for (unsigned i = 0; i < 3; i++) {
        uint8_t want[HASH_BYTES];

        ref_root(i * 256, (i + 1) * 256, want);
        assert_memory_equal(heard.hash[i], want, HASH_BYTES);
    }
    assert_int_equal(heard.level[256], 16);
    assert_int_equal(heard.index[256], 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_the_classic_eight_leaves_are_the_published_ones),
        cmocka_unit_test(peaks_give_the_root_at_every_size),
        cmocka_unit_test(proofs_are_those_of_rfc_6962_for_all_small_sizes),
        cmocka_unit_test(random_big_sizes_agree_with_the_reference),
        cmocka_unit_test(proofs_of_the_largest_trees_fit_and_hold),
        cmocka_unit_test(wrong_inclusion_proofs_are_refused),
        cmocka_unit_test(wrong_consistency_proofs_are_refused),
        cmocka_unit_test(empty_proofs_are_right_only_for_equal_sizes_and_from_nothing),
        cmocka_unit_test(a_leaf_that_is_not_known_ends_the_proof),
        cmocka_unit_test(tile_roots_are_told_when_they_become_complete),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
