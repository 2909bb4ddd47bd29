#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "crypt/hash.h"

static void
assert_hex(const uint8_t hash[HASH_BYTES], const char *hex)
{
    uint8_t want[HASH_BYTES];

    assert_int_equal(text_unhex(span_str(hex), want, sizeof want), 0);
    assert_memory_equal(hash, want, HASH_BYTES);
}

static void
sha256_is_that_of_fips_180_4(void **state)
{
    uint8_t hash[HASH_BYTES];

    hash_sha256(span_str("abc"), hash);
    assert_hex(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256(span_str("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hash);
    assert_hex(hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    hash_sha256(span_of(NULL, 0), hash);
    assert_hex(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
leaf_and_node_are_those_of_rfc_6962(void **state)
{
    uint8_t empty_leaf[HASH_BYTES];
    uint8_t second[HASH_BYTES];
    uint8_t node[HASH_BYTES];

    hash_empty(node);
    assert_hex(node, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_leaf(span_of(NULL, 0), empty_leaf);
    assert_hex(empty_leaf, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    hash_leaf(span_of("\0", 1), second);
    hash_node(empty_leaf, second, node);
    assert_hex(node, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
}

/* A node overwrites its left or right child all over the tree code. */
static void
a_node_may_be_written_over_its_children(void **state)
{
    uint8_t a[HASH_BYTES] = {1};
    uint8_t b[HASH_BYTES] = {2};
    uint8_t want[HASH_BYTES];

    hash_node(a, b, want);
    hash_node(a, b, a);
    assert_memory_equal(a, want, HASH_BYTES);
    memset(a, 0, sizeof a);
    a[0] = 1;
    hash_node(a, b, b);
    assert_memory_equal(b, want, HASH_BYTES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_that_of_fips_180_4),
        cmocka_unit_test(leaf_and_node_are_those_of_rfc_6962),
        cmocka_unit_test(a_node_may_be_written_over_its_children),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
