#include "sign/signer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/checkpoint.h"
#include "core/tree.h"
#include "role.pb-c.h"

#define LINE       "0123456789abcdef0123456789abcdef/fr-cnes/" LOG_HEX
#define LOG_HEX    "000102030405060708090a0b0c0d0e0f"
#define THEIR_LINE "0123456789abcdef0123456789abcdef/de-dlr/ff0102030405060708090a0b0c0d0e0f"

typedef Parallax__Role__SignAnswer Answer;
typedef Parallax__Role__SignRequest Request;

static struct secret *log_key, *witness_key, *their_key;
static uint8_t log_public[32], witness_public[32], their_public[32];
static const uint8_t LOG_ID[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static char path[100];
static struct signer *s;

static void
reopen(void)
{
    char error[200] = "";

    signer_close(s);
    s = signer_open(path, "fr-cnes", log_key, witness_key, error);
    if (s == NULL)
        fail_msg("%s", error);
}

static void
forget(void)
{
    char name[120];

    unlink(path);
    snprintf(name, sizeof name, "%s-wal", path);
    unlink(name);
    snprintf(name, sizeof name, "%s-journal", path);
    unlink(name);
}

static int
begin(void **state)
{
    snprintf(path, sizeof path, "/tmp/signer-test-%d.db", getpid());
    forget();
    s = NULL;
    reopen();
    return 0;
}

static int
end(void **state)
{
    signer_close(s);
    s = NULL;
    forget();
    return 0;
}

/* Ask, commit, unpack. */
static Answer *
ask(Request *request)
{
    struct buf answer;
    uint8_t bytes[65536];
    size_t n;
    Answer *a;

    request->token = 42;
    n = parallax__role__sign_request__get_packed_size(request);
    assert_true(n <= sizeof bytes);
    parallax__role__sign_request__pack(request, bytes);
    buf_init(&answer, 1 << 20);
    assert_int_equal(signer_answer(s, span_of(bytes, n), &answer), 0);
    assert_int_equal(signer_commit(s), 0);
    a = parallax__role__sign_answer__unpack(NULL, answer.n, answer.p);
    assert_non_null(a);
    assert_int_equal(a->token, 42);
    buf_release(&answer);
    return a;
}

static void
drop(Answer *a)
{
    parallax__role__sign_answer__free_unpacked(a, NULL);
}

/* Leaf hash number i of tree ${seed}. */
static void
leaf(unsigned seed, uint64_t i, uint8_t out[32])
{
    uint64_t entry[2] = {seed, i};

    hash_leaf(span_of(entry, sizeof entry), out);
}

static void
leaves(unsigned seed, uint64_t from, uint64_t to, uint8_t *out)
{
    for (uint64_t i = from; i < to; i++)
        leaf(seed, i, out + (i - from) * 32);
}

static Answer *
append_as(const uint8_t *id, const char *line, unsigned seed, uint64_t old_size, uint64_t to, uint64_t time)
{
    static uint8_t hashes[1024 * 32];
    Request r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__Append a = PARALLAX__ROLE__SIGN_REQUEST__APPEND__INIT;

    leaves(seed, old_size, to, hashes);
    a.log = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)id};
    a.origin_line = (char *)(uintptr_t)line;
    a.old_size = old_size;
    a.leaves = (ProtobufCBinaryData){(size_t)(to - old_size) * 32, hashes};
    a.time = time;
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_APPEND;
    r.append = &a;
    return ask(&r);
}

static Answer *
append(unsigned seed, uint64_t old_size, uint64_t to, uint64_t time)
{
    return append_as(LOG_ID, LINE, seed, old_size, to, time);
}

static void
root_of(unsigned seed, uint64_t size, uint8_t root[32])
{
    struct tree t;
    uint8_t hash[32];

    tree_init(&t);
    for (uint64_t i = 0; i < size; i++) {
        leaf(seed, i, hash);
        tree_append(&t, hash, NULL, NULL);
    }
    tree_root(&t, root);
}

static void
expect_head(const Answer *a, unsigned seed, uint64_t size)
{
    uint8_t root[32];
    struct buf text;

    assert_true(a->ok);
    root_of(seed, size, root);
    assert_int_equal(a->size, size);
    assert_memory_equal(a->root.data, root, 32);
    buf_init(&text, 1000);
    checkpoint_text(LINE, size, root, &text);
    assert_int_equal(a->signature.len, 64);
    assert_true(sig_verify(log_public, buf_span(&text), a->signature.data));
    buf_release(&text);
}

static void
expect_signed(Answer *a, unsigned seed, uint64_t size)
{
    expect_head(a, seed, size);
    drop(a);
}

static void
expect_refused(Answer *a, const char *error)
{
    assert_false(a->ok);
    assert_string_equal(a->error, error);
    assert_int_equal(a->cosignature.len, 0);
    drop(a);
}

static void
a_log_grows_and_every_head_is_signed_over_its_own_root(void **state)
{
    uint64_t sizes[] = {1, 2, 3, 7, 8, 9, 255, 256, 257, 700};
    uint64_t size = 0;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        Answer *a = append(1, size, sizes[i], 1000 + i);
        struct buf text;

        expect_head(a, 1, sizes[i]);
        buf_init(&text, 1000);
        checkpoint_cosign_text(LINE, a->size, a->root.data, 1000 + i, &text);
        assert_true(sig_verify(witness_public, buf_span(&text), a->cosignature.data));
        buf_release(&text);
        drop(a);
        size = sizes[i];
        reopen();
    }
}

static void
the_same_head_again_is_the_same_bytes(void **state)
{
    Answer *first, *again;

    drop(append(1, 0, 5, 0));
    first = append(1, 5, 12, 0);
    reopen();
    again = append(1, 5, 12, 0);
    expect_head(again, 1, 12);
    assert_memory_equal(first->signature.data, again->signature.data, 64);
    drop(again);
    again = append(1, 12, 12, 0); /* nothing new: the head as it stands */
    expect_head(again, 1, 12);
    assert_memory_equal(first->signature.data, again->signature.data, 64);
    drop(again);
    drop(first);
}

static void
what_does_not_extend_the_last_head_is_refused_for_ever(void **state)
{
    static const struct {
        unsigned seed;
        uint64_t old_size, to;
    } rows[] = {
        {2, 5, 12},  /* same size, another root */
        {2, 5, 11},  /* shorter, other leaves */
        {1, 5, 11},  /* shorter: a roll-back */
        {1, 5, 13},  /* longer, from the head before */
        {1, 0, 12},  /* the same head, but from a state that is gone */
        {2, 0, 12},  /* another log altogether */
        {1, 13, 14}, /* a gap */
        {1, 0, 0},   /* empty */
        {1, UINT64_MAX, UINT64_MAX},
    };

    drop(append(1, 0, 5, 0));
    drop(append(1, 5, 12, 0));
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            Answer *a = append(rows[i].seed, rows[i].old_size, rows[i].to, 77);

            assert_int_equal(a->size, 12); /* what is held, so that core finds its way */
            assert_int_equal(a->root.len, 32);
            expect_refused(a, "does_not_extend");
        }
        reopen();
    }
    expect_signed(append(1, 12, 13, 0), 1, 13);
}

static void
hostile_appends_are_refused(void **state)
{
    static const uint8_t other[16] = {0xff};
    static uint8_t hashes[64];
    Request r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__Append a = PARALLAX__ROLE__SIGN_REQUEST__APPEND__INIT;

    drop(append(1, 0, 5, 0));
    expect_refused(append_as(other, LINE, 2, 0, 5, 0), "origin_line"); /* a line that is another log's */
    expect_refused(append_as(LOG_ID, "x/fr-cnes/" LOG_HEX, 1, 5, 6, 0), "origin_line");
    expect_refused(append_as(LOG_ID, "/fr-cnes/" LOG_HEX, 1, 5, 6, 0), "origin_line");
    expect_refused(append_as(other, "f/de-dlr/ff000000000000000000000000000000", 1, 0, 1, 0), "origin_line");
    expect_refused(append_as(LOG_ID, "a\nb/fr-cnes/" LOG_HEX, 1, 5, 6, 0), "origin_line");
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_APPEND;
    r.append = &a;
    a.origin_line = (char *)(uintptr_t)LINE;
    a.old_size = 5;
    a.log = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)LOG_ID};
    a.leaves = (ProtobufCBinaryData){33, hashes}; /* no whole hash */
    expect_refused(ask(&r), "shape");
    a.leaves.len = 32;
    a.log.len = 15;
    expect_refused(ask(&r), "shape");
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT__NOT_SET;
    expect_refused(ask(&r), "shape");
    expect_signed(append(1, 5, 6, 0), 1, 6);
}

static void
bytes_that_are_no_request_are_refused(void **state)
{
    uint32_t x = 7;

    for (int round = 0; round < 5000; round++) {
        uint8_t bytes[100];
        struct buf answer;
        Answer *a;
        size_t n;

        for (size_t i = 0; i < sizeof bytes; i++) {
            x = x * 1664525u + 1013904223u;
            bytes[i] = (uint8_t)(x >> 24);
        }
        n = x % sizeof bytes;
        buf_init(&answer, 1 << 20);
        assert_int_equal(signer_answer(s, span_of(bytes, n), &answer), 0);
        a = parallax__role__sign_answer__unpack(NULL, answer.n, answer.p);
        assert_non_null(a);
        assert_int_equal(a->signature.len + a->cosignature.len, 0);
        drop(a);
        buf_release(&answer);
    }
    assert_int_equal(signer_commit(s), 0);
}

static void
a_heartbeat_is_for_the_newest_head_only(void **state)
{
    Request r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__Heartbeat h = PARALLAX__ROLE__SIGN_REQUEST__HEARTBEAT__INIT;
    struct buf text;
    Answer *a;
    uint8_t root[32];

    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_HEARTBEAT;
    r.heartbeat = &h;
    h.log = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)LOG_ID};
    h.time = 1800000000;
    expect_refused(ask(&r), "unknown");
    drop(append(1, 0, 5, 0));
    a = ask(&r);
    assert_true(a->ok);
    assert_int_equal(a->size, 5);
    assert_int_equal(a->time, 1800000000);
    root_of(1, 5, root);
    buf_init(&text, 1000);
    checkpoint_cosign_text(LINE, 5, root, 1800000000, &text);
    assert_true(sig_verify(witness_public, buf_span(&text), a->cosignature.data));
    buf_release(&text);
    drop(a);
    h.time = 0;
    expect_refused(ask(&r), "shape");
}

/* A tree of another origin, for proofs. */
static bool
range(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[32])
{
    if (hi - lo != 1)
        return false;
    leaf(*(unsigned *)cookie, lo, out);
    return true;
}

struct theirs {
    unsigned seed;
    uint64_t claim, old_size, size; /* claim: old_size in the request; old_size, size: of the proof */
    const char *line;
    bool bad_signature;
};

static Answer *
witness(struct theirs t)
{
    Request r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__Witness w = PARALLAX__ROLE__SIGN_REQUEST__WITNESS__INIT;
    uint8_t proof[LIMIT_PROOF_COUNT][32], root[32], signature[64];
    int n = t.old_size > 0 ? tree_prove_consistency(range, &t.seed, t.old_size, t.size, proof) : 0;
    const char *line = t.line != NULL ? t.line : THEIR_LINE;
    struct buf text;

    assert_true(n >= 0);
    root_of(t.seed, t.size, root);
    buf_init(&text, 1000);
    checkpoint_text(line, t.size, root, &text);
    sig_sign(their_key, buf_span(&text), signature);
    signature[5] ^= t.bad_signature;
    buf_release(&text);
    w.origin_line = (char *)(uintptr_t)line;
    w.old_size = t.claim;
    w.size = t.size;
    w.root = (ProtobufCBinaryData){32, root};
    w.signature = (ProtobufCBinaryData){64, signature};
    w.log_key = (ProtobufCBinaryData){32, their_public};
    w.proof = (ProtobufCBinaryData){(size_t)n * 32, proof[0]};
    w.time = 1800000000 + t.size;
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_WITNESS;
    r.witness = &w;
    return ask(&r);
}

static void
expect_witnessed(Answer *a, unsigned seed, uint64_t size)
{
    uint8_t root[32];
    struct buf text;

    assert_true(a->ok);
    assert_string_equal(a->origin_line, THEIR_LINE);
    assert_int_equal(a->size, size);
    root_of(seed, size, root);
    buf_init(&text, 1000);
    checkpoint_cosign_text(THEIR_LINE, size, root, a->time, &text);
    assert_true(sig_verify(witness_public, buf_span(&text), a->cosignature.data));
    buf_release(&text);
    drop(a);
}

static void
a_witness_follows_one_history_and_never_goes_back(void **state)
{
    Answer *a;

    expect_witnessed(witness((struct theirs){1, 0, 0, 4, NULL, false}), 1, 4);
    expect_witnessed(witness((struct theirs){1, 4, 4, 9, NULL, false}), 1, 9);
    expect_witnessed(witness((struct theirs){1, 9, 9, 9, NULL, false}), 1, 9); /* the same again */
    reopen();
    for (int round = 0; round < 2; round++) {
        a = witness((struct theirs){1, 4, 4, 12, NULL, false});
        assert_int_equal(a->size, 9); /* so that core learns what to prove from */
        expect_refused(a, "old_size");
        expect_refused(witness((struct theirs){1, 0, 0, 12, NULL, false}), "old_size");
        expect_refused(witness((struct theirs){1, 9, 0, 4, NULL, false}), "smaller");
        expect_refused(witness((struct theirs){2, 9, 9, 9, NULL, false}), "inconsistent"); /* equal size */
        expect_refused(witness((struct theirs){2, 9, 9, 12, NULL, false}), "inconsistent");
        expect_refused(witness((struct theirs){1, 9, 8, 12, NULL, false}), "inconsistent"); /* a proof of 8 */
        expect_refused(witness((struct theirs){1, 9, 9, 12, NULL, true}), "signature");
    }
    expect_witnessed(witness((struct theirs){1, 9, 9, 12, NULL, false}), 1, 12);
}

static void
the_witness_path_never_touches_our_own_logs(void **state)
{
    drop(append(1, 0, 5, 0));
    expect_refused(witness((struct theirs){1, 0, 0, 5, LINE, false}), "own_log");
    expect_refused(witness((struct theirs){1, 0, 0, 5, "no line", false}), "shape");
}

static void
every_log_is_listed_with_its_last_head(void **state)
{
    Request r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__List l = PARALLAX__ROLE__SIGN_REQUEST__LIST__INIT;
    static const uint8_t second[16] = {0xaa};
    Answer *head, *a;

    drop(append(1, 0, 3, 0));
    head = append(1, 3, 5, 0);
    drop(append_as(second, "f/fr-cnes/aa000000000000000000000000000000", 2, 0, 1, 0));
    reopen();
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_LIST;
    r.list = &l;
    a = ask(&r);
    assert_true(a->ok);
    assert_int_equal(a->n_logs, 2);
    assert_memory_equal(a->logs[0]->log.data, LOG_ID, 16);
    assert_int_equal(a->logs[0]->size, 5);
    assert_memory_equal(a->logs[0]->root.data, head->root.data, 32);
    assert_memory_equal(a->logs[0]->signature.data, head->signature.data, 64);
    drop(a);
    drop(head);
}

/* Killed after the commit and before the answer: the head is signed. Killed before the commit: it is not, and another may be. */
static void
a_kill_between_commit_and_answer_loses_nothing(void **state)
{
    for (int committed = 0; committed < 2; committed++) {
        uint64_t size = committed ? 8 : 5;
        Answer *a;
        pid_t child;
        int status;

        if (!committed)
            drop(append(1, 0, 5, 0));
        signer_close(s);
        s = NULL;
        child = fork();
        if (child == 0) {
            Request r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
            Parallax__Role__SignRequest__Append ap = PARALLAX__ROLE__SIGN_REQUEST__APPEND__INIT;
            uint8_t hashes[3 * 32], bytes[1000];
            struct buf answer;
            char error[200];

            s = signer_open(path, "fr-cnes", log_key, witness_key, error);
            leaves(1, 5, 8, hashes);
            ap.log = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)LOG_ID};
            ap.origin_line = (char *)(uintptr_t)LINE;
            ap.old_size = 5;
            ap.leaves = (ProtobufCBinaryData){sizeof hashes, hashes};
            r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_APPEND;
            r.append = &ap;
            buf_init(&answer, 1 << 20);
            if (signer_answer(s, span_of(bytes, parallax__role__sign_request__pack(&r, bytes)), &answer) ==
                    0 &&
                (!committed || signer_commit(s) == 0))
                kill(getpid(), SIGKILL);
            _exit(1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        reopen();
        a = append(1, size, size, 0);
        expect_head(a, 1, size);
        drop(a);
    }
    expect_signed(append(1, 5, 8, 0), 1, 8); /* what core, that got no answer, asks for again */
    expect_refused(append(2, 5, 8, 0), "does_not_extend");
}

static void
another_key_goes_on_with_no_log_of_the_one_before(void **state)
{
    struct secret *before = log_key;

    (void)state;
    drop(append(1, 0, 5, 0));
    log_key = secret_new_random();
    reopen();
    expect_refused(append(1, 5, 8, 0), "log_key");
    secret_free(log_key);
    log_key = before;
    reopen();
    expect_signed(append(1, 5, 8, 0), 1, 8);
}

static void
two_signers_cannot_share_a_database(void **state)
{
    pid_t child;
    int status;

    drop(append(1, 0, 5, 0));
    child = fork();
    if (child == 0) {
        char error[200];

        _exit(signer_open(path, "fr-cnes", log_key, witness_key, error) == NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
a_foreign_or_broken_database_is_refused(void **state)
{
    char error[200] = "", other[120];
    FILE *f;

    snprintf(other, sizeof other, "%s-other", path);
    f = fopen(other, "w");
    fprintf(
        f, "this is no database, but it is long enough to be taken for one if nobody looks at its head: %0*d",
        600, 0);
    fclose(f);
    assert_null(signer_open(other, "fr-cnes", log_key, witness_key, error));
    assert_true(strlen(error) > 0);
    unlink(other);
    assert_null(signer_open("/nowhere/sign.db", "fr-cnes", log_key, witness_key, error));
}

#define SIGNER_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SIGNER_TEST(a_log_grows_and_every_head_is_signed_over_its_own_root),
        SIGNER_TEST(the_same_head_again_is_the_same_bytes),
        SIGNER_TEST(another_key_goes_on_with_no_log_of_the_one_before),
        SIGNER_TEST(what_does_not_extend_the_last_head_is_refused_for_ever),
        SIGNER_TEST(hostile_appends_are_refused),
        SIGNER_TEST(bytes_that_are_no_request_are_refused),
        SIGNER_TEST(a_heartbeat_is_for_the_newest_head_only),
        SIGNER_TEST(a_witness_follows_one_history_and_never_goes_back),
        SIGNER_TEST(the_witness_path_never_touches_our_own_logs),
        SIGNER_TEST(every_log_is_listed_with_its_last_head),
        SIGNER_TEST(a_kill_between_commit_and_answer_loses_nothing),
        SIGNER_TEST(two_signers_cannot_share_a_database),
        SIGNER_TEST(a_foreign_or_broken_database_is_refused),
    };
    int failed;

    secret_start();
    log_key = secret_new_random();
    witness_key = secret_new_random();
    their_key = secret_new_random();
    sig_public(log_key, log_public);
    sig_public(witness_key, witness_public);
    sig_public(their_key, their_public);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    secret_free(log_key);
    secret_free(witness_key);
    secret_free(their_key);
    return failed;
}
